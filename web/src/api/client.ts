import { QueryClient } from "@tanstack/react-query";
import createFetch, { type Middleware } from "openapi-fetch";
import createQueries from "openapi-react-query";
import { Problem, problemOf } from "./problem";
import type { components, paths } from "./schema";
import { sessionBack, setStatus } from "./status";

/** The types of the API, by their names in openapi.json. */
export type Schema = components["schemas"];

/** Here a 401 is about what was typed, not about the session. */
const ASKS_PASSWORD = new Set(["/api/session", "/api/session/password", "/api/session/second", "/api/session/passkey", "/api/session/passkey/answer", "/api/invitation", "/api/invitation/accept"]);

const throwing: Middleware = {
  onResponse: async ({ request, response, schemaPath }) => {
    let answer = response;
    // Asking who is logged in is how the page finds out; anything else had a session before. What reads waits for the
    // login, so that the page under the dialog stays as it is; what writes says that it was not done.
    while (answer.status === 401 && !ASKS_PASSWORD.has(schemaPath)) {
      setStatus({ sessionEnded: true });
      if (request.method !== "GET") break;
      await sessionBack();
      answer = await fetch(request.url, { headers: request.headers });
    }
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  },
};

/** The API, typed. Throws a `Problem` when the server refuses. */
export const client = createFetch<paths>({ baseUrl: window.location.origin });
client.use(throwing);

/** The API as queries and mutations: `api.useSuspenseQuery("get", "/api/reviews", …)`. */
export const api = createQueries(client);

const RETRIES = 2;

function retries(failures: number, error: unknown): boolean {
  if (failures >= RETRIES) return false;
  if (error instanceof Problem) return error.status === 429 || error.status >= 500;
  return error instanceof TypeError;
}

/** What was read stays true until a live event says otherwise, so nothing is asked twice and nothing polls. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: retries,
      retryDelay: (failures, error) => (error instanceof Problem && error.retryAfterMs) || 500 * 2 ** failures,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

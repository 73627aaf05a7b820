import type { components } from "./schema";

type Details = components["schemas"]["Problem"];

/** What the server said when it did not do something; its message says what happened and what to do next. */
export class Problem extends Error {
  readonly details: Details;
  /** When the server asked to wait, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(details: Details, retryAfterMs?: number) {
    super(details.detail);
    this.name = "Problem";
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }

  get status(): number {
    return this.details.status;
  }
}

/** The problem an answer tells, also when it is not one of ours (a proxy in between). */
export async function problemOf(response: Response): Promise<Problem> {
  const seconds = Number(response.headers.get("retry-after"));
  const retryAfterMs = seconds > 0 ? seconds * 1_000 : undefined;
  try {
    const body: unknown = await response.clone().json();
    if (typeof body === "object" && body !== null && "detail" in body && "title" in body) {
      return new Problem({ ...(body as Details), status: response.status }, retryAfterMs);
    }
  } catch {
    // Not JSON: what we can say is below.
  }
  const detail = `Something between this page and MCPbox answered ${response.status}. Check the proxy, if there is one, and the server's log.`;
  return new Problem({ type: "about:blank", title: "No answer from MCPbox", status: response.status, detail }, retryAfterMs);
}

/** An error in a sentence for people. */
export function sentence(error: unknown): string {
  if (error instanceof Problem) return error.message.replace(/^[a-z]/, (letter) => letter.toUpperCase());
  if (error instanceof TypeError) return "MCPbox cannot be reached. It may be restarting; this page connects again by itself.";
  return error instanceof Error ? error.message : String(error);
}

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { setStatus } from "@/api/status";
import { askPasskey } from "@/components/webauthn";

export type Asked = Schema["SecondFactorView"];
type Session = Schema["SessionView"];

/** The steps of a login: name and password, and what the account wants besides; or a passkey alone. */
export function useLogin(onDone: () => void | Promise<void>, isSame = false) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const run = async (step: () => Promise<Session | Asked | undefined>) => {
    setBusy(true);
    setError(undefined);
    try {
      const answer = await step();
      if (answer && "user" in answer) {
        // Whoever comes back to an open page sees what happened meanwhile; somebody new sees nothing of it.
        if (isSame) void queries.invalidateQueries();
        else queries.clear();
        queries.setQueryData(api.queryOptions("get", "/api/session").queryKey, answer.user);
        setAsked(undefined);
        setStatus({ sessionEnded: false, role: answer.user.role });
        await onDone();
      } else if (answer) setAsked(answer);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return {
    asked,
    error,
    isBusy,
    back: () => {
      setAsked(undefined);
      setError(undefined);
    },
    withPassword: (username: string, password: string) => run(async () => (await client.POST("/api/session", { body: { username, password } })).data),
    withLink: (token: string, password: string) => run(async () => (await client.POST("/api/invitation/accept", { body: { token, password } })).data),
    withCode: (code: string) => run(async () => asked && (await client.POST("/api/session/second", { body: { token: asked.token, code } })).data),
    withSecondPasskey: () =>
      run(async () => {
        const passkey = await askPasskey(asked?.passkey);
        return asked && passkey && (await client.POST("/api/session/second", { body: { token: asked.token, passkey } })).data;
      }),
    withPasskey: () =>
      run(async () => {
        const { data } = await client.POST("/api/session/passkey");
        const passkey = data && (await askPasskey(data.options));
        return data && passkey && (await client.POST("/api/session/passkey/answer", { body: { token: data.token, passkey } })).data;
      }),
  };
}

export type Login = ReturnType<typeof useLogin>;

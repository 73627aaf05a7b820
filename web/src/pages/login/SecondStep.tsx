import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { sentence } from "@/api/problem";
import { hasPasskeys } from "@/components/webauthn";
import type { Asked, Login } from "./useLogin";

/** What an account wants beside its password. */
export function SecondStep({ asked, login }: { asked: Asked; login: Login }) {
  const [code, setCode] = useState("");
  const offersPasskey = asked.passkey != null && hasPasskeys();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void login.withCode(code);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {login.error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(login.error)}
          </Alert>
        )}
        {offersPasskey && (
          <Button leftSection={<KeyRound size={18} />} onClick={() => void login.withSecondPasskey()} loading={login.isBusy} data-autofocus>
            Use your passkey
          </Button>
        )}
        {offersPasskey && <Text c="dimmed">Without it, {asked.takes_code ? "enter a code of your app or a recovery code." : "enter a recovery code."}</Text>}
        <TextInput
          label={asked.takes_code ? "Code" : "Recovery code"}
          description={asked.takes_code ? "The six digits of your app. A recovery code works too." : "One of the codes you kept. Each works once."}
          name="code"
          autoComplete="one-time-code"
          inputMode={asked.takes_code ? "text" : undefined}
          spellCheck={false}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          maxLength={40}
          required
          autoFocus={!offersPasskey}
        />
        <Button type="submit" variant={offersPasskey ? "default" : "filled"} loading={login.isBusy}>
          Log in
        </Button>
        <Button variant="subtle" color="gray" onClick={login.back}>
          Back
        </Button>
      </Stack>
    </form>
  );
}

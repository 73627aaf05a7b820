import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useMemo, useState } from "react";
import { encode } from "uqr";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { CodeBlock } from "@/components/CodeBlock";
import { Dialog } from "@/components/Dialog";
import { PasswordQuestion } from "./PasswordDialog";
import classes from "./Qr.module.css";

interface Props {
  isOpen: boolean;
  hasPassword: boolean;
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}

/** Sets up an app for one-time codes: password, scan, first code. */
export function CodeAppDialog({ isOpen, onClose, ...rest }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Set up an app for one-time codes" closeOnClickOutside={false}>
      {isOpen && <Steps onClose={onClose} {...rest} />}
    </Dialog>
  );
}

function Steps({ hasPassword, onClose, onCodes }: Omit<Props, "isOpen">) {
  const [enrolment, setEnrolment] = useState<Schema["Enrolment"]>();
  const begin = async (password: string) => setEnrolment((await client.POST("/api/account/code-app", { body: { password } })).data);
  if (!enrolment) {
    return (
      <PasswordQuestion hasPassword={hasPassword} onClose={onClose} action="Go on" onConfirm={begin} closes={false}>
        You need an app such as Aegis, 2FAS, Bitwarden or Google Authenticator.
      </PasswordQuestion>
    );
  }
  const done = (codes: string[]) => {
    onClose();
    onCodes(codes);
  };
  return <Scan enrolment={enrolment} onClose={onClose} onDone={done} />;
}

function Scan({ enrolment, onClose, onDone }: { enrolment: Schema["Enrolment"]; onClose: () => void; onDone: (codes: string[]) => void }) {
  const [code, setCode] = useState("");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { data } = await client.PUT("/api/account/code-app", { body: { token: enrolment.token, code } });
      onDone(data?.recovery_codes ?? []);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        <Text>Scan this with the app, then enter the code that it shows.</Text>
        <Qr text={enrolment.url} />
        <Text size="sm" c="dimmed">
          Without a camera, type this secret into the app:
        </Text>
        <CodeBlock code={enrolment.secret} label="the secret" />
        <TextInput label="Code" name="code" value={code} onChange={(event) => setCode(event.currentTarget.value)} inputMode="numeric" autoComplete="one-time-code" maxLength={10} required data-autofocus />
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={code.trim().length < 6}>
            Switch it on
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The code to scan: dark on light in both themes, since not every camera reads the other. */
function Qr({ text }: { text: string }) {
  const { size, path } = useMemo(() => {
    const { data, size: modules } = encode(text, { border: 2 });
    const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { size: modules, path: dark.join("") };
  }, [text]);
  return (
    <svg className={classes.qr} viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code for your app" shapeRendering="crispEdges">
      <path d={path} />
    </svg>
  );
}

import { Alert, Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { LogIn, LogOut } from "lucide-react";
import { client } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { TimeAgo } from "@/components/TimeAgo";
import { LoginDialog } from "./LoginDialog";
import { asSentence, loginStateOf, type Source } from "./words";

/** The login at a source that wants one: whether it works, and the ways in and out. */
export function Login({ source }: { source: Source }) {
  const [isBeginning, beginning] = useDisclosure(false);
  const [isEnding, ending] = useDisclosure(false);
  const whyNot = useWhyReadOnly("admin");
  const { login } = source;
  const state = loginStateOf(source);
  const trouble = login?.trouble && (
    <Text inherit>
      <HostileText text={asSentence(login.trouble)} limit={600} />
    </Text>
  );
  return (
    <>
      {state === "active" && login ? (
        <Group justify="space-between" gap="sm">
          <Text size="sm" c="dimmed" style={{ flex: "1 1 240px" }}>
            Logged in at <CodeName>{login.issuer}</CodeName> by {login.by} <TimeAgo at={login.at} />
            {login.is_renewable ? "; it is renewed by itself" : ""}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={beginning.open} disabled={whyNot !== undefined}>
              Log in again
            </Button>
            <Button variant="default" leftSection={<LogOut size={16} />} onClick={ending.open} disabled={whyNot !== undefined}>
              Log out
            </Button>
          </Group>
        </Group>
      ) : (
        <Alert color={state === "ended" ? "bad" : "brand"}>
          <Group justify="space-between" gap="sm">
            <div style={{ flex: "1 1 240px" }}>
              <Text inherit>{state === "ended" ? "The login expired or was revoked, so it cannot be reached." : "It wants an account, and nobody has logged in yet."}</Text>
              {trouble}
            </div>
            <Button leftSection={<LogIn size={16} />} onClick={beginning.open} disabled={whyNot !== undefined} title={whyNot}>
              {state === "ended" ? "Log in again" : "Log in"}
            </Button>
          </Group>
        </Alert>
      )}
      {state === "active" && trouble && (
        <Alert color="warn" title="The last try went wrong">
          {trouble}
        </Alert>
      )}
      <LoginDialog source={source} isOpen={isBeginning} onClose={beginning.close} />
      <ConfirmDialog isOpen={isEnding} onClose={ending.close} title={`Log out of ${source.name}?`} action="Log out" least="admin" onConfirm={() => client.DELETE("/api/sources/{id}/login", { params: { path: { id: source.source_id } } })}>
        MCPbox forgets the tokens and asks over there to take them back, which not every server does: Activity says how it went. Tools of this source fail until somebody logs in again.
      </ConfirmDialog>
    </>
  );
}

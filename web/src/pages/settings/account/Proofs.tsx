import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import { hasPasskeys } from "@/components/webauthn";
import classes from "../SettingsPage.module.css";
import { CodeAppDialog } from "./CodeAppDialog";
import { OpenIdLink } from "./OpenIdLink";
import { PasskeyDialog } from "./PasskeyDialog";
import { PasswordDialog } from "./PasswordDialog";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog";

type Account = Schema["OwnAccount"];
type Asked = { what: "app" | "add-app" | "add-passkey" | "codes" } | { what: "passkey"; id: string; name: string };

/** What proves that the account is one's own, beside the password. */
export function Proofs() {
  const { data: account } = api.useSuspenseQuery("get", "/api/account");
  const [asked, setAsked] = useState<Asked>();
  const [codes, setCodes] = useState<string[]>();
  const close = () => setAsked(undefined);
  const showCodes = (made: string[]) => setCodes(made.length > 0 ? made : undefined);
  const confirm = async (password: string) => {
    if (asked?.what === "app") await client.POST("/api/account/code-app/remove", { body: { password } });
    else if (asked?.what === "passkey") await client.POST("/api/account/passkeys/{id}/remove", { params: { path: { id: asked.id } }, body: { password } });
    else if (asked?.what === "codes") {
      const { data } = await client.POST("/api/account/recovery-codes", { body: { password } });
      if (data) setCodes(data.recovery_codes);
    }
  };
  const needsPassword = asked?.what === "app" || asked?.what === "passkey" || asked?.what === "codes";
  return (
    <Section title="Second factor">
      <Paper>
        <CodeApp account={account} onAsk={setAsked} />
        <Passkeys account={account} onAsk={setAsked} />
        {(account.code_app || account.passkeys.length > 0) && <Recovery account={account} onAsk={setAsked} />}
        <OpenIdLink account={account} />
      </Paper>
      <CodeAppDialog isOpen={asked?.what === "add-app"} hasPassword={account.has_password} onClose={close} onCodes={showCodes} />
      <PasskeyDialog isOpen={asked?.what === "add-passkey"} hasPassword={account.has_password} onClose={close} onCodes={showCodes} />
      <PasswordDialog isOpen={needsPassword} hasPassword={account.has_password} onClose={close} title={asked ? TITLES[asked.what] : ""} action={asked?.what === "codes" ? "Make new codes" : "Remove"} onConfirm={confirm}>
        {asked?.what === "passkey" ? `${asked.name} no longer logs in to this account. Remove it from your device as well.` : asked?.what === "codes" ? "The codes from before count no longer." : "Your app no longer proves who you are."}
      </PasswordDialog>
      <RecoveryCodesDialog codes={codes} onClose={() => setCodes(undefined)} />
    </Section>
  );
}

const TITLES: Record<Asked["what"], string> = { app: "Remove the app?", passkey: "Remove the passkey?", codes: "Make new recovery codes?", "add-app": "", "add-passkey": "" };

interface PartProps {
  account: Account;
  onAsk: (asked: Asked) => void;
}

function CodeApp({ account: { code_app: app }, onAsk }: PartProps) {
  const whyNot = useWhyReadOnly("viewer");
  return (
    <Group justify="space-between" gap="xs" className={classes.sentence}>
      <Stack gap={2} style={{ flex: "1 1 280px" }}>
        <Group gap={8}>
          <Text fw={500}>One-time codes</Text>
          {app && <Badge color="ok">On</Badge>}
        </Group>
        <Text size="sm" c="dimmed" component="div">
          {app ? (
            <>
              Your app was set up <TimeAgo at={app.created_at} />. After the password you enter its code.
            </>
          ) : (
            "After the password, enter six digits that an app on your phone shows."
          )}
        </Text>
      </Stack>
      <Button variant="default" disabled={whyNot !== undefined} onClick={() => onAsk({ what: app ? "app" : "add-app" })}>
        {app ? "Remove the app" : "Set up an app"}
      </Button>
    </Group>
  );
}

function Passkeys({ account: { passkeys }, onAsk }: PartProps) {
  const { data: ways } = api.useQuery("get", "/api/session/ways");
  const whyNot = useWhyReadOnly("viewer");
  const works = ways?.passkeys && hasPasskeys();
  return (
    <Stack gap={8} className={classes.sentence}>
      <Group justify="space-between" gap="xs">
        <Stack gap={2} style={{ flex: "1 1 280px" }}>
          <Text fw={500}>Passkeys</Text>
          <Text size="sm" c="dimmed">
            {works === false ? "They work where browsers trust the address: by https under a name, or as localhost. Open this page there to make one." : "Log in with a fingerprint, a face or a PIN: alone, or after the password."}
          </Text>
        </Stack>
        <Button variant="default" disabled={whyNot !== undefined || !works} onClick={() => onAsk({ what: "add-passkey" })}>
          Add a passkey
        </Button>
      </Group>
      {passkeys.map(({ id, name, host, created_at, last_used_at }) => (
        <Group key={id} justify="space-between" gap="xs" role="group" aria-label={name}>
          <Text component="div" size="sm" style={{ flex: "1 1 200px" }}>
            <HostileText text={name} limit={64} /> on <span className="mono">{host}</span>
            <Text span c="dimmed" inherit>
              , made <TimeAgo at={created_at} />
              {last_used_at ? (
                <>
                  , used <TimeAgo at={last_used_at} />
                </>
              ) : (
                ", never used"
              )}
            </Text>
          </Text>
          <Button variant="subtle" color="gray" disabled={whyNot !== undefined} onClick={() => onAsk({ what: "passkey", id, name })} aria-label={`Remove the passkey ${name}`}>
            Remove
          </Button>
        </Group>
      ))}
    </Stack>
  );
}

function Recovery({ account: { recovery_codes: left }, onAsk }: PartProps) {
  const whyNot = useWhyReadOnly("viewer");
  return (
    <Group justify="space-between" gap="xs" className={classes.sentence}>
      <Stack gap={2} style={{ flex: "1 1 280px" }}>
        <Text fw={500}>Recovery codes</Text>
        <Text size="sm" c={left < 3 ? "bad" : "dimmed"}>
          {counted(left, "code")} left. Each logs you in once when app or passkey is lost.
        </Text>
      </Stack>
      <Button variant="default" disabled={whyNot !== undefined} onClick={() => onAsk({ what: "codes" })}>
        Make new codes
      </Button>
    </Group>
  );
}

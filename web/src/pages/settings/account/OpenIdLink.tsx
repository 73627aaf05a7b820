import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import classes from "../SettingsPage.module.css";
import { PasswordDialog } from "./PasswordDialog";

/** Accounts at the OpenID provider that log in to this one; nothing when there is no provider. */
export function OpenIdLink({ account }: { account: Schema["OwnAccount"] }) {
  const { data: ways } = api.useQuery("get", "/api/session/ways");
  const [asked, setAsked] = useState<"link" | "unlink">();
  const whyNot = useWhyReadOnly("viewer");
  const linked = account.identities;
  if (!ways?.oidc && linked.length === 0) return null;
  const name = ways?.oidc ?? "OpenID";
  const go = async (password: string) => {
    if (asked === "unlink") {
      await client.POST("/api/account/oidc/remove", { body: { password } });
      return;
    }
    const { data } = await client.POST("/api/account/oidc", { body: { password } });
    if (data) window.location.assign(data.url);
  };
  return (
    <Group justify="space-between" gap="xs" className={classes.sentence}>
      <Stack gap={2} style={{ flex: "1 1 280px" }}>
        <Text fw={500}>{name}</Text>
        <Text size="sm" c="dimmed">
          {linked.length === 0 ? `Log in with your account at ${name} as well.` : `You can log in as ${linked.map(({ email, subject }) => email || subject).join(", ")}.`}
        </Text>
      </Stack>
      <Button variant="default" disabled={whyNot !== undefined || (linked.length === 0 && !ways?.oidc)} onClick={() => setAsked(linked.length === 0 ? "link" : "unlink")}>
        {linked.length === 0 ? "Connect" : "Disconnect"}
      </Button>
      <PasswordDialog isOpen={asked !== undefined} hasPassword={account.has_password} onClose={() => setAsked(undefined)} title={asked === "link" ? `Connect your account at ${name}?` : `Disconnect ${name}?`} action={asked === "link" ? "Go there" : "Disconnect"} onConfirm={go}>
        {asked === "link" ? "You log in there once; from then on that account logs you in here." : "It no longer logs in to this account."}
      </PasswordDialog>
    </Group>
  );
}

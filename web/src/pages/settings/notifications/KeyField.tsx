import { Button, Group, PasswordInput, TextInput } from "@mantine/core";
import { Dices } from "lucide-react";
import { useState } from "react";
import { CopyButton } from "@/components/CopyButton";
import { type Kind, newSecret } from "./kinds";

interface Props {
  kind: Kind;
  value: string;
  onChange: (value: string) => void;
  /** Whether one is kept already. */
  hasKey: boolean;
}

/** The token of ntfy, or the secret that webhooks are signed with; other services have none. */
export function KeyField({ kind, value, onChange, hasKey }: Props) {
  const [made, setMade] = useState("");
  const kept = hasKey ? " One is kept; leave this empty to keep it." : "";
  if (kind === "ntfy") {
    return <PasswordInput label="Access token" description={`Only for a topic that asks for one.${kept}`} placeholder="tk_…" value={value} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="off" spellCheck={false} />;
  }
  if (kind !== "webhook") return null;
  const make = () => {
    const secret = newSecret();
    setMade(secret);
    onChange(secret);
  };
  const field = { label: "Signing secret", placeholder: "whsec_…", value, autoComplete: "off", spellCheck: false, style: { flex: 1 } };
  return (
    <Group align="flex-end" gap="xs">
      {made && made === value ? (
        // Made here a moment ago, and to be copied to the other end: shown until the dialog closes.
        <TextInput {...field} description="Copy it to the program that receives; it is not shown again." styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }} rightSection={<CopyButton value={made} label="Copy the secret" />} readOnly />
      ) : (
        <PasswordInput {...field} description={`Optional; with it the receiver can tell that a message is from here.${kept}`} onChange={(event) => onChange(event.currentTarget.value)} />
      )}
      <Button variant="default" leftSection={<Dices size={16} />} onClick={make}>
        Make one
      </Button>
    </Group>
  );
}

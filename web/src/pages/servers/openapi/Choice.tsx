import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import { whyNoName } from "../CreateServer";
import { Operations } from "./Operations";
import { Preview } from "./Preview";
import { addressOf, type Look, nameOf, whyNoAddress } from "./words";

interface Props {
  document: string;
  look: Look;
  /** What would come of the choice as it was when it was sent. */
  report: Schema["OpenApiReport"] | undefined;
  error: unknown;
  isPending: boolean;
  onSend: (body: Schema["OpenApiImport"]) => void;
  /** The choice is another one: what was shown is no longer what would come. */
  onChange: () => void;
  onBack: () => void;
}

/** Which operations, on which server, calling which address; and the code that comes of it. */
export function Choice({ document, look, report, error, isPending, onSend, onChange, onBack }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [server, setServer] = useState(nameOf(look.title));
  const [address, setAddress] = useState(addressOf(look));
  const whyNot = useWhyReadOnly();
  const change = <T,>(set: (value: T) => void) => (value: T) => {
    onChange();
    set(value);
  };
  const body: Schema["OpenApiImport"] = { document, server, base_url: address, operations: [...chosen] };
  const show = (event: FormEvent) => {
    event.preventDefault();
    onSend({ ...body, dry_run: true });
  };
  const isReady = chosen.size > 0 && server !== "" && address !== "" && !whyNoName(server) && !whyNoAddress(address);
  return (
    <Stack gap="lg">
      <About look={look} />
      <Operations operations={look.operations} chosen={chosen} onChosen={change(setChosen)} />
      <form onSubmit={show}>
        <Stack maw={640}>
          <TextInput
            label="Server"
            description="The tools join it, and it is made when it is not there."
            value={server}
            onChange={(event) => change(setServer)(event.currentTarget.value)}
            error={whyNoName(server)}
            autoComplete="off"
            spellCheck={false}
            required
          />
          <TextInput
            label="Address of the API"
            description="Every tool calls this one host, and you allow it in each review. Its secrets go nowhere else."
            value={address}
            onChange={(event) => change(setAddress)(event.currentTarget.value)}
            error={whyNoAddress(address)}
            placeholder="https://api.example.com/v1"
            autoComplete="off"
            spellCheck={false}
            required
          />
          {error !== null && (
            <Alert color="bad" role="alert" title="Nothing was imported">
              {sentence(error)}
            </Alert>
          )}
          <Group gap="xs">
            <Button variant="default" onClick={onBack}>
              Another document
            </Button>
            <Button type="submit" variant={report ? "default" : "filled"} loading={isPending} disabled={!isReady || whyNot !== undefined}>
              {chosen.size === 0 ? "Show the code" : `Show the code of ${counted(chosen.size, "tool")}`}
            </Button>
          </Group>
        </Stack>
      </form>
      {report && <Preview report={report} onImport={() => onSend(body)} />}
    </Stack>
  );
}

function About({ look }: { look: Look }) {
  return (
    <Section title="The API">
      <Stack gap="xs">
        <Text>
          <HostileText text={`${look.title} ${look.version}`.trim()} limit={260} />
        </Text>
        {look.description && (
          <Text size="sm" c="dimmed">
            <HostileText text={look.description} limit={500} />
          </Text>
        )}
        {look.problems.length > 0 && (
          <Alert color="warn" title={`${counted(look.problems.length, "problem")} in the document`}>
            <ul style={{ margin: 0, paddingInlineStart: 20 }}>
              {look.problems.map(({ at, message }) => (
                <li key={`${at} ${message}`}>
                  <HostileText text={`${at}: ${message}`} limit={400} />
                </li>
              ))}
            </ul>
          </Alert>
        )}
      </Stack>
    </Section>
  );
}

import { Alert, SegmentedControl, Text, TextInput } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import type { Schema } from "@/api/client";

/** `a.example.com, b.example.com:443` as the API takes it. */
export const hostsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

interface Props {
  mode: Schema["SecretMode"];
  onMode: (mode: Schema["SecretMode"]) => void;
  /** With commas between. */
  hosts: string;
  onHosts: (hosts: string) => void;
}

/** Who sees a value, and where it may go. */
export function Terms({ mode, onMode, hosts, onHosts }: Props) {
  return (
    <>
      <Mode mode={mode} onMode={onMode} />
      {mode === "sealed" && (
        <TextInput
          label="Hosts it may be sent to"
          description="Host or host:port, with commas between. Check them: a host an LLM proposed gets the value from you, here."
          placeholder="api.example.com"
          value={hosts}
          onChange={(event) => onHosts(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {mode === "sealed" && hostsOf(hosts).length === 0 && (
        <Alert color="warn" icon={<TriangleAlert size={18} />}>
          Without a host the value goes nowhere, so calls that need it fail.
        </Alert>
      )}
    </>
  );
}

function Mode({ mode, onMode }: { mode: Schema["SecretMode"]; onMode: (mode: Schema["SecretMode"]) => void }) {
  return (
    <div>
      <Text fw={500} id="secret-mode">
        Who sees the value
      </Text>
      <SegmentedControl
        mt={4}
        fullWidth
        aria-labelledby="secret-mode"
        data={[
          { value: "sealed", label: "Sealed: only the hosts" },
          { value: "revealed", label: "Revealed: the code" },
        ]}
        value={mode}
        onChange={(next) => onMode(next as Schema["SecretMode"])}
      />
      {mode === "sealed" ? (
        <Text size="sm" c="dimmed" mt={6}>
          The code gets a stand-in. MCPbox puts the value in its place on the way to the hosts below, so no tool can print it, return it or send it elsewhere.
        </Text>
      ) : (
        <Alert color="bad" mt={8} icon={<TriangleAlert size={18} />} title="The code gets the value itself">
          A tool can return it to the LLM, print it, or send it to any host it may reach. Choose this only when the code has to compute with it (to sign a request, for instance), and read that code.
        </Alert>
      )}
    </div>
  );
}

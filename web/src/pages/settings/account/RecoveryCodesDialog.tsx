import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { CodeBlock } from "@/components/CodeBlock";
import { Dialog } from "@/components/Dialog";

/** The recovery codes, shown this once. */
export function RecoveryCodesDialog({ codes, onClose }: { codes: string[] | undefined; onClose: () => void }) {
  return (
    <Dialog opened={codes !== undefined} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title="Keep these recovery codes">
      {codes && <Codes codes={codes} onClose={onClose} />}
    </Dialog>
  );
}

function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const [isKept, setKept] = useState(false);
  return (
    <Stack>
      <Text>When your phone or passkey is lost, each of these logs you in once, after your password. Put them where you keep passwords, or on paper. They are not shown again.</Text>
      <CodeBlock code={codes.join("\n")} label="the recovery codes" />
      <Checkbox label="I have kept them" checked={isKept} onChange={(event) => setKept(event.currentTarget.checked)} />
      <Group justify="flex-end">
        <Button onClick={onClose} disabled={!isKept}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}

import { Button, Group } from "@mantine/core";

/** Below a log: shows what is older than its last row. Absent at the end. */
export function Older({ more, isBusy }: { more: (() => void) | undefined; isBusy: boolean }) {
  if (!more && !isBusy) return null;
  return (
    <Group justify="center" py={8} style={{ borderTop: "1px solid var(--line)" }}>
      <Button variant="default" loading={isBusy} onClick={more}>
        Show older
      </Button>
    </Group>
  );
}

import { Button, Group, Stack, Text } from "@mantine/core";
import { CodeBlock } from "@/components/CodeBlock";
import { Dialog } from "@/components/Dialog";
import type { UserLink } from "./PeoplePage";

/** The one-time link, shown this once. */
export function LinkDialog({ link, onClose }: { link: UserLink | undefined; onClose: () => void }) {
  return (
    <Dialog opened={link !== undefined} onClose={onClose} title={`Link for ${link?.user.username ?? ""}`} closeOnClickOutside={false}>
      {link && (
        <Stack>
          <Text>Give it to {link.user.username} in a way that nobody else can read. Whoever opens it sets the password of the account. It works once, until {new Date(link.expires_at).toLocaleString()}, and is not shown again.</Text>
          <CodeBlock code={link.url} label="the link" />
          <Group justify="flex-end">
            <Button onClick={onClose}>Done</Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}

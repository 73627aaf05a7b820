import { Alert, Button, Paper, Stack, Text } from "@mantine/core";
import { BellRing, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { EmptyState } from "@/components/EmptyState";
import { PageHeader } from "@/components/PageHeader";
import { SubNav } from "@/components/SubNav";
import { isOnlyHere, KINDS, type Target } from "./kinds";
import { TargetDialog } from "./TargetDialog";
import { TargetRow } from "./TargetRow";

/** Who is told, and where, when a tool waits? */
export function NotificationsPage() {
  const { data } = api.useSuspenseQuery("get", "/api/notifications", { params: { query: { page_size: 100 } } });
  const [opened, setOpened] = useState<Target | "new">();
  const whyNot = useWhyReadOnly("admin");
  const add = (
    <Button leftSection={<Plus size={16} />} onClick={() => setOpened("new")} disabled={whyNot !== undefined}>
      Add
    </Button>
  );
  return (
    <>
      <PageHeader title="Notifications" actions={data.total > 0 && add}>
        Be told elsewhere when a tool waits for you. A message holds how many wait, the highest risk and a link: never code, never a name.
      </PageHeader>
      <SubNav root="/settings" label="Settings" />
      <Paper>
        {data.total === 0 ? (
          <EmptyState icon={BellRing} title="Nobody is told yet" action={add}>
            Without notifications a request waits until you look here. Add a channel of {listed(Object.values(KINDS).map(({ label }) => label))}, and press Test to see that it arrives.
          </EmptyState>
        ) : (
          data.items.map((target) => <TargetRow key={target.id} target={target} onChange={() => setOpened(target)} />)
        )}
      </Paper>
      <Link />
      <TargetDialog opened={opened} onClose={() => setOpened(undefined)} />
    </>
  );
}

const listed = (words: string[]) => `${words.slice(0, -1).join(", ")} or a ${words.at(-1)?.toLowerCase()}`;

/** Where the links of messages lead, and whether that helps anybody elsewhere. */
function Link() {
  const { admin_url: url } = api.useSuspenseQuery("get", "/api/connection").data;
  return (
    <Stack gap="xs" mt="md">
      <Text c="dimmed">
        Links in messages lead to <span className="mono">{url}</span>. Requests that come together are one message, at most one a minute; what was decided meanwhile is not told.
      </Text>
      {isOnlyHere(url) && (
        <Alert color="warn" role="note">
          That address opens on this machine only. When you reach this page by another one, start MCPbox with <span className="mono">--admin-url</span> or <span className="mono">MCPBOX_ADMIN_URL</span> and that address.
        </Alert>
      )}
    </Stack>
  );
}

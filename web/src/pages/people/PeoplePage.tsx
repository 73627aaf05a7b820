import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { type Column, DataTable } from "@/components/DataTable";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { PageHeader } from "@/components/PageHeader";
import { SubNav } from "@/components/SubNav";
import { TimeAgo } from "@/components/TimeAgo";
import { InviteDialog } from "./InviteDialog";
import { LinkDialog } from "./LinkDialog";
import { ROLES } from "./roles";
import { UserActions } from "./UserActions";

export type User = Schema["UserView"];
export type UserLink = Schema["UserLink"];

/** Who may come in, and what may they do? */
export function PeoplePage() {
  const [page, setPage] = useState(1);
  const { data } = api.useSuspenseQuery("get", "/api/users", { params: { query: { page, page_size: 50 } } });
  const [isInviting, setInviting] = useState(false);
  const [link, setLink] = useState<UserLink>();
  const whyNot = useWhyReadOnly("admin");
  const columns: Column<User>[] = [
    { label: "User", cell: (user) => <Name user={user} /> },
    { label: "Role", cell: ({ role }) => ROLES[role].label, width: 110 },
    { label: "Proves it with", cell: (user) => <Text size="sm">{proofs(user)}</Text>, width: 260 },
    { label: "Since", cell: ({ created_at }) => <TimeAgo at={created_at} />, width: 130, isWideOnly: true },
    { label: "Actions", cell: (user) => <UserActions user={user} onLink={setLink} />, width: 90 },
  ];
  return (
    <>
      <PageHeader
        title="Users"
        actions={
          <Button leftSection={<UserPlus size={16} />} onClick={() => setInviting(true)} disabled={whyNot !== undefined}>
            Invite
          </Button>
        }
      >
        Who may come in to this page, and what they may do. Clients of your LLM are not users: they never decide anything.
      </PageHeader>
      <SubNav root="/users" label="Users" />
      <DataTable label="Users" rows={data.items} columns={columns} rowKey={({ id }) => id} empty={null} paging={{ page: data.page, pages: Math.ceil(data.total / data.page_size), total: data.total, onPage: setPage }} />
      <Stack gap={4} mt="md">
        {Object.values(ROLES).map(({ label, about }) => (
          <Text key={label} c="dimmed" size="sm">
            <Text span fw={500} inherit>
              {label}
            </Text>
            : {about}
          </Text>
        ))}
      </Stack>
      <InviteDialog isOpen={isInviting} onClose={() => setInviting(false)} onMade={setLink} />
      <LinkDialog link={link} onClose={() => setLink(undefined)} />
    </>
  );
}

function Name({ user }: { user: User }) {
  return (
    <Group gap={8}>
      <Text fw={500}>
        <HostileText text={user.username} limit={64} />
      </Text>
      {user.is_disabled && <Badge color="gray">Disabled</Badge>}
      {user.invited_until && <Badge color="brand">{user.has_password ? "New link" : "Invited"}</Badge>}
    </Group>
  );
}

/** What an account proves itself with, in words. */
function proofs({ has_password, has_code_app, passkeys, identities }: User): string {
  const all = [has_password && "password", has_code_app && "one-time codes", passkeys > 0 && counted(passkeys, "passkey"), identities.length > 0 && `OpenID (${identities.join(", ")})`].filter((word): word is string => Boolean(word));
  return all.length === 0 ? "nothing yet" : all.join(", ");
}

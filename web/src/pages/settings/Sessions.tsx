import { Badge, Button, Text } from "@mantine/core";
import { useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { type Column, DataTable } from "@/components/DataTable";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import { browserOf } from "./browser";

type Session = Schema["OpenSession"];

/** Where one is logged in, and how to end that from here. */
export function Sessions() {
  const { data } = api.useSuspenseQuery("get", "/api/sessions", { params: { query: { page_size: 100 } } });
  const [asked, setAsked] = useState<Session | "others">();
  const whyNot = useWhyReadOnly("viewer");
  const others = data.items.filter(({ is_this }) => !is_this).length;
  const columns: Column<Session>[] = [
    { label: "Browser", cell: (session) => <Browser session={session} /> },
    { label: "From", cell: ({ origin }) => <HostileText text={origin || "not known"} limit={60} />, width: 170 },
    { label: "Logged in", cell: ({ created_at }) => <TimeAgo at={created_at} />, width: 150 },
    { label: "Last used", cell: ({ last_seen_at }) => <TimeAgo at={last_seen_at} />, width: 150 },
    {
      label: "Actions",
      cell: (session) =>
        session.is_this ? (
          <Badge color="brand">This one</Badge>
        ) : (
          <Button variant="default" disabled={whyNot !== undefined} onClick={() => setAsked(session)} aria-label={`End the session of ${browserOf(session.user_agent)} from ${session.origin}`}>
            End
          </Button>
        ),
      width: 120,
    },
  ];
  const end = async () => {
    if (asked === "others") await client.POST("/api/sessions/end-others");
    else if (asked) await client.DELETE("/api/sessions/{id}", { params: { path: { id: asked.id } } });
  };
  const endOthers = others > 0 && (
    <Button variant="default" disabled={whyNot !== undefined} onClick={() => setAsked("others")}>
      End all others
    </Button>
  );
  return (
    <Section title="Where you are logged in" more={endOthers}>
      <DataTable label="Sessions" rows={data.items} columns={columns} rowKey={({ id }) => id} empty={null} />
      <ConfirmDialog isOpen={asked !== undefined} onClose={() => setAsked(undefined)} title={asked === "others" ? `End ${counted(others, "other session")}?` : "End this session?"} action="End" least="viewer" onConfirm={end}>
        Whoever uses {asked === "others" && others > 1 ? "them" : "it"} is asked for the password at once. If you do not know a session, change your password too.
      </ConfirmDialog>
    </Section>
  );
}

function Browser({ session: { user_agent: agent } }: { session: Session }) {
  return (
    <span title={agent}>
      <Text span fw={500}>
        {browserOf(agent)}
      </Text>
    </span>
  );
}

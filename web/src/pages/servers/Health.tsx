import { Group, Text } from "@mantine/core";
import { CircleCheck, CircleDashed, TriangleAlert } from "lucide-react";
import { api } from "@/api/client";
import { TimeAgo } from "@/components/TimeAgo";

const LATEST = 20;

/** How the latest live runs of a server or a tool went, in a few words. */
export function Health({ server, tool }: { server?: string; tool?: string }) {
  const { data } = api.useQuery("get", "/api/calls", { params: { query: { server, tool, profile: "live", page_size: LATEST } } });
  const runs = data?.items;
  if (!runs) return null;
  const last = runs[0];
  if (!last) return <Sign icon={CircleDashed} colour="var(--dim)" text="never called" />;
  const failed = runs.filter(({ failure }) => failure).length;
  const text = healthWords(runs.length, failed);
  return (
    <span>
      <Sign icon={failed === 0 ? CircleCheck : TriangleAlert} colour={failed === 0 ? "var(--ok)" : failed * 2 > runs.length ? "var(--bad)" : "var(--warn)"} text={text} />
      <Text span size="sm" c="dimmed" display="block">
        <TimeAgo at={last.started_at} />
      </Text>
    </span>
  );
}

/** `last 4 well`, `1 of last 3 failed`. */
function healthWords(runs: number, failed: number): string {
  if (runs === 1) return failed === 0 ? "1 run, well" : "1 run, failed";
  if (failed === 0) return `last ${runs} well`;
  return failed === runs ? `last ${runs} failed` : `${failed} of last ${runs} failed`;
}

function Sign({ icon: Icon, colour, text }: { icon: typeof CircleCheck; colour: string; text: string }) {
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      <Icon size={14} color={colour} aria-hidden="true" style={{ flex: "none" }} />
      <span>{text}</span>
    </Group>
  );
}

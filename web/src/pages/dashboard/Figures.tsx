import { Paper, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { api } from "@/api/client";
import { count, share } from "@/components/numbers";
import { Section } from "@/components/Section";
import { useDayAgo } from "./queries";

const TIERS = { full: "Full", no_namespaces: "Reduced", none: "None" } as const;

/** What runs, how much, how well, how safely. */
export function Figures() {
  const since = useDayAgo();
  const { data: runs } = api.useSuspenseQuery("get", "/api/calls/counts", { params: { query: { profile: "live", since } } });
  const { data: tools } = api.useSuspenseQuery("get", "/api/servers", { params: { query: { page_size: 100 } } });
  const { data: sandbox } = api.useSuspenseQuery("get", "/api/sandbox");
  const live = tools.items.reduce((sum, server) => sum + server.live_tools, 0);
  const running = tools.items.filter(({ status }) => status === "running").length;
  return (
    <Section title="Last 24 hours">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing={12}>
        <Figure label="Calls" value={count(runs.total)} more={`${count(sandbox.running)} running now`} />
        <Figure label="Failed" value={share(runs.failed, runs.total)} more={`${count(runs.failed)} of ${count(runs.total)}`} />
        <Figure label="Published tools" value={count(live)} more={`on ${count(running)} of ${count(tools.total)} servers`} />
        <Figure label="Sandbox" value={TIERS[sandbox.tier]} more={`Python ${sandbox.python}`} />
      </SimpleGrid>
    </Section>
  );
}

function Figure({ label, value, more }: { label: string; value: ReactNode; more: string }) {
  return (
    <Paper p="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={24} fw={600} lh={1.3} my={2}>
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {more}
      </Text>
    </Paper>
  );
}

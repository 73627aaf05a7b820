import { Text, Title } from "@mantine/core";
import { Ban, Check, type LucideIcon, Replace, TriangleAlert } from "lucide-react";
import type { Schema } from "@/api/client";
import type { Tone } from "@/app/theme";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import classes from "./RunDrawer.module.css";

const OUTCOMES: Record<Schema["HostOutcome"], { icon: LucideIcon; tone: Exclude<Tone, "gray">; label: string }> = {
  reached: { icon: Check, tone: "ok", label: "Reached" },
  failed: { icon: TriangleAlert, tone: "warn", label: "Failed" },
  denied: { icon: Ban, tone: "bad", label: "Blocked" },
  mocked: { icon: Replace, tone: "brand", label: "Answered by a mock" },
};

/** What a run tried on the network, in order. */
export function Network({ hosts }: { hosts: readonly Schema["HostAttempt"][] }) {
  return (
    <section>
      <Title order={3} mb={4}>
        Network
      </Title>
      {hosts.length === 0 && <Text c="dimmed">It tried to reach nothing.</Text>}
      <ul className={classes.hosts}>
        {hosts.map(({ host, port, method, outcome, detail }, index) => {
          const { icon: Icon, tone, label } = OUTCOMES[outcome];
          return (
            <li key={index}>
              <Icon size={16} color={`var(--${tone})`} aria-hidden="true" />
              <div>
                <Text component="div">
                  {label}: <CodeName>{`${method} ${host}:${port}`}</CodeName>
                </Text>
                <Text size="sm" c="dimmed" component="div">
                  <HostileText text={outcome === "reached" && /^\d+$/.test(detail) ? `It answered ${detail}` : detail} limit={500} />
                </Text>
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

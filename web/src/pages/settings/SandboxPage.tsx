import { Alert, Paper, Text } from "@mantine/core";
import { OctagonAlert, ShieldCheck, TriangleAlert } from "lucide-react";
import { api } from "@/api/client";
import { count } from "@/components/numbers";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { SubNav } from "@/components/SubNav";
import classes from "./SettingsPage.module.css";

const TIERS = {
  full: { tone: "ok", icon: ShieldCheck, title: "Every layer holds" },
  no_namespaces: { tone: "warn", icon: TriangleAlert, title: "Some layers are missing" },
  none: { tone: "bad", icon: OctagonAlert, title: "Tools cannot run on this machine" },
} as const;

/** How well the code of others is locked in on this machine. */
export function SandboxPage() {
  const { data } = api.useSuspenseQuery("get", "/api/sandbox");
  const { tone, icon: Icon, title } = TIERS[data.tier];
  const facts = [
    ["Python", data.python],
    ["Running now", count(data.running)],
    ["Waiting for a process", count(data.queued)],
    ["Processes kept ready", count(data.parked)],
    ["Base packages", data.base_ready ? "Ready" : "Not there yet: they are fetched in the background. Tools without packages run already."],
  ];
  return (
    <>
      <PageHeader title="Sandbox">Each call runs in a jail of its own, which is tried at every start.</PageHeader>
      <SubNav root="/settings" label="Settings" />
      <Section title="Layers">
        <Alert color={tone} icon={<Icon size={20} />} title={title}>
          <Text>{data.detail}</Text>
        </Alert>
      </Section>
      <Section title="At work">
        <Paper>
          <dl className={classes.facts}>
            {facts.map(([label, value]) => (
              <Fact key={label} label={label ?? ""}>
                {value}
              </Fact>
            ))}
          </dl>
        </Paper>
      </Section>
    </>
  );
}

/** A line of a list of facts. */
export function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

import { Badge, Button, Paper, Text } from "@mantine/core";
import { Check, Circle, Library, Loader, Package, X } from "lucide-react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { Everywhere } from "./Everywhere";
import classes from "./ModulesPage.module.css";

type Environment = Schema["EnvironmentReport"];
type Granted = Schema["GrantedModule"];

/** What may tools import? */
export function ModulesPage() {
  const { data: modules } = api.useSuspenseQuery("get", "/api/modules");
  const { data: packages } = api.useSuspenseQuery("get", "/api/packages");
  return (
    <>
      <PageHeader title="Modules and packages">What tools may import: a safe part of the standard library by default, anything else when you grant it.</PageHeader>
      <Section title="Environments of packages">
        <DataTable
          label="Environments"
          rows={packages}
          columns={ENVIRONMENTS}
          rowKey={({ lock, network }) => `${lock} ${network}`}
          empty={
            <EmptyState icon={Package} title="No published tool uses a package" isCompact>
              When you approve one that does, its exact versions are installed and listed here.
            </EmptyState>
          }
        />
      </Section>
      <Everywhere />
      <Section title="Modules beyond the defaults">
        <DataTable
          label="Granted modules"
          rows={modules.granted}
          columns={GRANTED}
          rowKey={({ name, scope }) => `${name} ${scope}`}
          empty={
            <EmptyState icon={Library} title="No module was granted" isCompact>
              Tools import the defaults only.
            </EmptyState>
          }
        />
      </Section>
      <Section title="Every tool may import">
        <Names names={modules.default_modules} />
      </Section>
      <Section title="Without an import">
        <Paper p="md">
          <ul className={classes.plain}>
            {modules.globals.map((name) => (
              <li key={name}>
                <HostileText text={name} />
              </li>
            ))}
          </ul>
        </Paper>
      </Section>
      <Section title="Never, under the strict rules">
        <Names names={modules.never} />
      </Section>
    </>
  );
}

const GRANTED: Column<Granted>[] = [
  { label: "Module", cell: ({ name }) => <CodeName>{name}</CodeName> },
  { label: "For", cell: ({ scope }) => <CodeName>{scope}</CodeName> },
];

const ENVIRONMENTS: Column<Environment>[] = [
  { label: "Asked for", cell: ({ requirements }) => <CodeName>{requirements.join(", ")}</CodeName> },
  { label: "Exact versions", cell: ({ packages }) => <CodeName>{packages.join(", ")}</CodeName>, isWideOnly: true },
  { label: "Network", cell: ({ network }) => (network ? "to granted hosts" : "none of its own"), width: 130 },
  { label: "Used by", cell: ({ tools }) => (tools.length === 0 ? "nobody" : <CodeName>{tools.join(", ")}</CodeName>), width: 200 },
  { label: "State", cell: (environment) => <Install environment={environment} />, width: 180 },
];

function Install({ environment: { lock, install } }: { environment: Environment }) {
  const again = api.useMutation("post", "/api/packages/{lock}/install");
  const whyNot = useWhyReadOnly("admin");
  const looks = {
    installed: { tone: "ok", icon: Check, label: "Installed" },
    installing: { tone: "brand", icon: Loader, label: "Installing" },
    not_installed: { tone: "gray", icon: Circle, label: "Not installed" },
    failed: { tone: "bad", icon: X, label: "Failed" },
  } as const;
  const { tone, icon: Icon, label } = looks[install.state];
  const more = install.state === "failed" ? install.reason : install.state === "installing" ? install.step : undefined;
  return (
    <div>
      <Badge color={tone} leftSection={<Icon size={13} aria-hidden="true" />}>
        {label}
      </Badge>
      {more && (
        <Text size="sm" c="dimmed" mt={4}>
          <HostileText text={more} limit={500} />
        </Text>
      )}
      {(install.state === "failed" || install.state === "not_installed") && (
        <Button mt={6} variant="default" loading={again.isPending} disabled={whyNot !== undefined} onClick={() => again.mutate({ params: { path: { lock } } })}>
          Install again
        </Button>
      )}
      {again.isError && (
        <Text size="sm" c="bad" role="alert">
          {sentence(again.error)}
        </Text>
      )}
    </div>
  );
}

function Names({ names }: { names: readonly string[] }) {
  return (
    <Paper p="md">
      <ul className={classes.names}>
        {names.map((name) => (
          <li key={name}>
            <CodeName>{name}</CodeName>
          </li>
        ))}
      </ul>
    </Paper>
  );
}

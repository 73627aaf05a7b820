import { Alert, Badge, Button, Group, Text } from "@mantine/core";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { HostileText } from "@/components/HostileText";
import { bytes } from "@/components/numbers";
import { sentence } from "@/api/problem";
import { Section } from "@/components/Section";
import type { Detail } from "./model";

type Row = Schema["ResolvedPackage"];

const ORIGINS: Record<Schema["PackageOrigin"], string> = { requested: "asked for", dependency: "comes with it", base: "always there" };

const COLUMNS: Column<Row>[] = [
  { label: "Package", cell: ({ name, version }) => <CodeName>{`${name} ${version}`}</CodeName> },
  { label: "Why", cell: ({ origin }) => ORIGINS[origin], isWideOnly: true },
  { label: "Licence", cell: ({ license }) => (license ? <HostileText text={license} limit={80} /> : <Text c="dimmed">not told</Text>) },
  { label: "Size", cell: ({ size_bytes }) => (size_bytes ? bytes(size_bytes) : <Text c="dimmed">not told</Text>), isNumber: true, width: 110 },
  { label: "Known holes", cell: ({ vulnerabilities }) => <Holes check={vulnerabilities} />, width: 180 },
];

/** The foreign code that would come with it. */
export function Packages({ detail: { review }, packages }: { detail: Detail; packages: Schema["PackageReport"] }) {
  const resolve = api.useMutation("post", "/api/reviews/{id}/resolve");
  const whyNot = useWhyReadOnly();
  const isFailed = packages.state === "failed";
  const unchecked = packages.packages.map(({ vulnerabilities: check }) => (check.state === "not_checked" ? check.reason : "")).find(Boolean);
  const total = packages.packages.reduce((sum, { size_bytes }) => sum + (size_bytes ?? 0), 0);
  return (
    <Section title="Packages" more={total > 0 && <Text c="dimmed">{bytes(total)} in all</Text>}>
      {(isFailed || packages.state === "pending") && (
        <Alert color={isFailed ? "bad" : "warn"} mb="md" title={isFailed ? "The packages cannot be resolved" : "The packages are being resolved"}>
          <Group justify="space-between">
            <HostileText text={packages.reason ?? packages.consequence} />
            {isFailed && review.state === "open" && (
              <Button variant="default" loading={resolve.isPending} disabled={whyNot !== undefined} onClick={() => resolve.mutate({ params: { path: { id: review.id } } })}>
                Resolve again
              </Button>
            )}
          </Group>
          {resolve.isError && <Text mt={8}>{sentence(resolve.error)}</Text>}
        </Alert>
      )}
      {unchecked && (
        <Text c="dimmed" mb="sm">
          Known holes are not checked: <HostileText text={unchecked} limit={400} />
        </Text>
      )}
      {packages.packages.length > 0 && (
        <DataTable label="Packages" rows={packages.packages} columns={COLUMNS} rowKey={({ name }) => name} empty={null} />
      )}
    </Section>
  );
}

function Holes({ check }: { check: Schema["VulnerabilityCheck"] }) {
  if (check.state === "not_checked") {
    return (
      <Text c="dimmed" title={check.reason}>
        not checked
      </Text>
    );
  }
  if (check.found.length === 0) return <>none known</>;
  return (
    <Group gap={4}>
      {check.found.map(({ id, summary }) => (
        <Badge key={id} color="bad" title={summary ?? undefined}>
          <HostileText text={id} limit={40} />
        </Badge>
      ))}
    </Group>
  );
}

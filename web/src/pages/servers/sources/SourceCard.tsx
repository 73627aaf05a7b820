import { Alert, Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { Ban, Check, Circle, CircleDot, Download, Trash2, TriangleAlert, X } from "lucide-react";
import { client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import type { Tone } from "@/app/theme";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { More } from "@/components/More";
import { counted } from "@/components/numbers";
import { TimeAgo } from "@/components/TimeAgo";
import type { Grant } from "../grants/matrix";
import { Access } from "./Access";
import { ImportTools } from "./ImportTools";
import { Login } from "./Login";
import { Program } from "./Program";
import { secretsOf } from "./program";
import { SourceTools } from "./SourceTools";
import { authWords, loginStateOf, type Source, stateOf } from "./words";

const ICONS: Record<Tone, typeof Check> = { ok: Check, brand: CircleDot, warn: TriangleAlert, bad: X, gray: Circle };

interface Props {
  source: Source;
  server: Schema["ServerDetail"];
  /** The request to reach it, while it waits. */
  grant: Grant | undefined;
}

/** One source: where it is, how it is, what was imported from it. */
export function SourceCard({ source, server, grant }: Props) {
  const [isImporting, importing] = useDisclosure(false);
  const [isDeleting, deleting] = useDisclosure(false);
  const whyNot = useWhyReadOnly();
  const { tone, label } = stateOf(source);
  const Icon = source.access === "revoked" ? Ban : ICONS[tone];
  const isAllowed = source.access === "approved";
  const login = loginStateOf(source);
  const canAsk = login === undefined || login === "active";
  const unset = secretsOf(source, server.secrets).filter(({ has_value: has }) => !has);
  return (
    <Paper p="md" component="section" aria-label={`Source ${source.name}`}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs">
        <Group gap={8}>
          <Title order={2} size="h3">
            <CodeName size={16}>{source.name}</CodeName>
          </Title>
          <Badge color={tone} leftSection={<Icon size={13} aria-hidden="true" />}>
            {label}
          </Badge>
        </Group>
        <More label={`More about ${source.name}`} items={[{ label: "Remove", icon: Trash2, isGrave: true, run: deleting.open }]} />
      </Group>
      <Text size="sm" c="dimmed" mt={2}>
        {source.program ? (
          (source.program.hosts?.length ? "A program in the jail" : "A program in the jail, without network")
        ) : (
          <>
            <CodeName>{source.url}</CodeName> {authWords(source)}
          </>
        )}
        {source.last_contact_at && (
          <>
            {" · answered "}
            <TimeAgo at={source.last_contact_at} />
          </>
        )}
      </Text>
      <Stack gap="sm" mt="sm">
        {source.program && <Program program={source.program} errors={source.stderr ?? []} />}
        {!isAllowed && <Access source={source} server={server} grant={grant} />}
        {isAllowed && unset.length > 0 && (
          <Alert color="warn">
            {unset.map(({ key }) => key).join(", ")} {unset.length === 1 ? "has" : "have"} no value yet, so it cannot be {source.program ? "started" : "reached"}.{" "}
            <Text component={Link} to={`/servers/${server.name}/secrets`} inherit td="underline" c="inherit">
              Set {unset.length === 1 ? "it" : "them"}
            </Text>
          </Alert>
        )}
        {isAllowed && login !== undefined && <Login source={source} />}
        {isAllowed && canAsk && source.health === "failing" && (
          <Alert color="bad" title={`${counted(source.attempts, "attempt")} failed`}>
            <HostileText text={source.error} limit={600} />
          </Alert>
        )}
        <SourceTools source={source} />
        {isAllowed && canAsk && (
          <Group>
            <Button variant={source.tools.length === 0 ? "filled" : "default"} leftSection={<Download size={16} />} onClick={importing.open} disabled={whyNot !== undefined}>
              See what it offers
            </Button>
          </Group>
        )}
      </Stack>
      <ImportTools source={source} isOpen={isImporting} onClose={importing.close} />
      <ConfirmDialog isOpen={isDeleting} onClose={deleting.close} title={`Remove ${source.name}?`} action="Remove the source" least="admin" onConfirm={() => client.DELETE("/api/sources/{id}", { params: { path: { id: source.source_id } } })}>
        It is not contacted any more, and what it was granted is taken back. {source.program?.private && "What it kept in its directory is deleted. "}
        {source.tools.length > 0 && `${counted(source.tools.length, "imported tool")} of it ${source.tools.length === 1 ? "stays" : "stay"} in the list and ${source.tools.length === 1 ? "fails" : "fail"}, until you delete ${source.tools.length === 1 ? "it" : "them"}.`}
      </ConfirmDialog>
    </Paper>
  );
}

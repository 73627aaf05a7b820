import { Alert, Anchor, Button, Checkbox, Group, Skeleton, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { Dialog } from "@/components/Dialog";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { isChoosable, type Offered, type Source } from "./words";
import classes from "./Sources.module.css";

interface Props {
  source: Source;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks a source what it offers, and imports what is chosen: each waits for a review from then on. */
export function ImportTools({ source, isOpen, onClose }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title={`What ${source.name} offers`} size="lg">
      <Offers source={source} onClose={onClose} />
    </Dialog>
  );
}

function Offers({ source, onClose }: Omit<Props, "isOpen">) {
  const params = { path: { id: source.source_id } };
  const { mutate: ask, ...asked } = api.useMutation("post", "/api/sources/{id}/discover");
  const bring = api.useMutation("post", "/api/sources/{id}/import");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const whyNot = useWhyReadOnly();
  const { source_id: id } = source;
  useEffect(() => ask({ params: { path: { id } } }), [ask, id]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    bring.mutate({ params, body: { tool_names: [...chosen] } });
  };
  const toggle = (name: string) => setChosen((old) => new Set(old.has(name) ? [...old].filter((other) => other !== name) : [...old, name]));
  if (bring.data) return <Done tools={bring.data.tools} onClose={onClose} />;
  const error: unknown = asked.error ?? bring.error;
  return (
    <form onSubmit={submit}>
      <Stack>
        {asked.data && (
          <>
            <Text c="dimmed">Its own words, shown exactly. Choose what is needed and no more: you read each in its review.</Text>
            <ul className={classes.offers} aria-label="Tools it offers">
              {asked.data.tools.map((tool) => (
                <li key={tool.name} className={classes.offer}>
                  <Offer tool={tool} isChosen={chosen.has(tool.name)} onToggle={() => toggle(tool.name)} />
                </li>
              ))}
            </ul>
            {asked.data.tools.length === 0 && <Text>It offers no tool.</Text>}
          </>
        )}
        {asked.isPending && <Waiting />}
        {error !== null && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          {asked.isError ? (
            <Button onClick={() => ask({ params })}>Ask again</Button>
          ) : (
            <Button type="submit" loading={bring.isPending} disabled={chosen.size === 0 || whyNot !== undefined}>
              {chosen.size === 0 ? "Import" : `Import ${counted(chosen.size, "tool")}`}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function Waiting() {
  return (
    <Stack gap="xs" aria-busy="true" aria-label="Asking the source">
      {[1, 2, 3].map((line) => (
        <Skeleton key={line} height={40} />
      ))}
    </Stack>
  );
}

const NEWS: Record<Exclude<Offered["news"], "new">, string> = { imported: "Imported", changed: "Imported, and changed there since: see its review" };

function Offer({ tool, isChosen, onToggle }: { tool: Offered; isChosen: boolean; onToggle: () => void }) {
  const about = (
    <>
      <HostileText text={tool.description} limit={400} />
      {tool.news !== "new" && (
        <Text span size="sm" display="block">
          {NEWS[tool.news]}
        </Text>
      )}
    </>
  );
  return <Checkbox checked={isChosen || !isChoosable(tool)} disabled={!isChoosable(tool)} onChange={onToggle} label={<CodeName>{tool.name}</CodeName>} description={about} />;
}

function Done({ tools, onClose }: { tools: readonly { name: string; review_id?: string | null }[]; onClose: () => void }) {
  return (
    <Stack>
      <Text>
        {counted(tools.length, "tool")} imported. Nothing of {tools.length === 1 ? "it" : "them"} runs before you approve {tools.length === 1 ? "it" : "each"}:
      </Text>
      <ul className={classes.tools} aria-label="Imported tools">
        {tools.map(({ name, review_id: review }) => (
          <li key={name} className={classes.tool}>
            <CodeName>{name}</CodeName>
            {review && (
              <Anchor component={Link} to={`/approvals/${review}`} td="underline">
                Review it
              </Anchor>
            )}
          </li>
        ))}
      </ul>
      <Group justify="flex-end">
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}

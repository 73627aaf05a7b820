import { Badge, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { FileText } from "lucide-react";
import { memo, useCallback, useMemo, useRef, useState } from "react";
import { CodeName } from "@/components/CodeName";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import { CHOSEN_MAX, isUsable, matching, type Operation, toggled, toggledAll } from "./words";
import classes from "./OpenApi.module.css";

/** Most rows at once; the filter leads to the others. */
const SHOWN_MAX = 300;

interface Props {
  operations: readonly Operation[];
  chosen: ReadonlySet<string>;
  onChosen: (chosen: ReadonlySet<string>) => void;
}

/** What the API offers, to be chosen from. */
export function Operations({ operations, chosen, onChosen }: Props) {
  const [filter, setFilter] = useState("");
  const found = useMemo(() => matching(operations, filter), [operations, filter]);
  const latest = useRef({ chosen, onChosen });
  latest.current = { chosen, onChosen };
  const toggle = useCallback((id: string) => latest.current.onChosen(toggled(latest.current.chosen, id)), []);
  if (operations.length === 0) {
    return (
      <EmptyState icon={FileText} title="The document has no operations">
        Its paths have no method that can be called (GET, POST, PUT, PATCH, DELETE). Look whether the document is whole.
      </EmptyState>
    );
  }
  const usable = found.filter(isUsable);
  const hasAll = usable.length > 0 && usable.every(({ id }) => chosen.has(id));
  return (
    <Section title="Operations" more={<Text c="dimmed">{`${chosen.size} of ${counted(operations.length, "operation")} chosen`}</Text>}>
      <Stack gap="sm">
        <Text c="dimmed">Choose what is needed and no more: each becomes a tool that you review, and that clients read about.</Text>
        <Group gap="xs" align="flex-end">
          <TextInput label="Filter" placeholder="pets get" value={filter} onChange={(event) => setFilter(event.currentTarget.value)} style={{ flex: 1 }} maw={360} />
          <Button variant="default" onClick={() => onChosen(toggledAll(chosen, found))} disabled={usable.length === 0}>
            {hasAll ? "Choose none of these" : `Choose all ${usable.length}`}
          </Button>
        </Group>
        {chosen.size >= CHOSEN_MAX && <Text role="status">{`${CHOSEN_MAX} are as many as can be imported at once.`}</Text>}
        {found.length === 0 && <Text>No operation has all of these words.</Text>}
        {found.length > 0 && (
          <ul className={classes.list} aria-label="Operations">
            {found.slice(0, SHOWN_MAX).map((operation) => (
              <Row key={operation.id} operation={operation} isChosen={chosen.has(operation.id)} isFull={chosen.size >= CHOSEN_MAX} onToggle={toggle} />
            ))}
          </ul>
        )}
        {found.length > SHOWN_MAX && <Text c="dimmed">{`${found.length - SHOWN_MAX} more; filter to see them.`}</Text>}
      </Stack>
    </Section>
  );
}

interface RowProps {
  operation: Operation;
  isChosen: boolean;
  isFull: boolean;
  onToggle: (id: string) => void;
}

const Row = memo(function Row({ operation, isChosen, isFull, onToggle }: RowProps) {
  const { id, method, path, summary, credentials, refused, notes, is_deprecated: isDeprecated } = operation;
  const label = (
    <Group gap={8} className={classes.word}>
      <CodeName>{`${method} ${path}`}</CodeName>
      {isDeprecated && <Badge color="warn">Deprecated</Badge>}
    </Group>
  );
  const about = (
    <>
      <HostileText text={summary} limit={300} />
      {credentials.length > 0 && (
        <Text span size="sm" display="block">
          Authenticates with {credentials.join(" and ")}
        </Text>
      )}
      {refused && (
        <Text span size="sm" display="block">
          No tool can be made of it: <HostileText text={refused} limit={400} />
        </Text>
      )}
      {notes.map((note) => (
        <Text key={note} span size="sm" display="block">
          <HostileText text={note} limit={300} />
        </Text>
      ))}
    </>
  );
  return (
    <li className={classes.item}>
      <Checkbox checked={isChosen} disabled={!isUsable(operation) || (isFull && !isChosen)} onChange={() => onToggle(id)} label={label} description={about} />
    </li>
  );
});

import { Button, Group, Paper, Text } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { Plus, ShieldCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { useAll } from "@/api/all";
import { useWhyReadOnly } from "@/api/status";
import { capabilityName } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { EmptyState } from "@/components/EmptyState";
import { shortName, useServer, useTools } from "../queries";
import { AddGrant } from "./AddGrant";
import { GrantCell } from "./GrantCell";
import { GrantDialogs, type Pressed } from "./GrantDialogs";
import classes from "./Grants.module.css";
import { type Group as Kind, type Line, matrix, type Target } from "./matrix";

/** More columns than this and the names do not fit: then each capability lists who has it. */
const COLUMNS_MAX = 6;

/** Which tool may use what, to press. */
export function ServerGrants() {
  const server = useServer();
  const { items: tools } = useTools(server.id);
  const grants = useAll("/api/grants");
  const isWide = useMediaQuery("(min-width: 62em)", true);
  const [pressed, setPressed] = useState<Pressed>();
  const [isAdding, dialog] = useDisclosure(false);
  const whyNot = useWhyReadOnly();
  const kinds = useMemo(() => matrix(grants, server.id, tools.map(({ id }) => id)), [grants, server.id, tools]);
  const all: Target = { level: "server", id: server.id, name: "All tools of the server" };
  const targets = tools.map(({ id, name }): Target => ({ level: "tool", id, name: shortName(name) }));
  const shared = { kinds, all, targets, whyNot, onPress: setPressed };
  const Shape = isWide && tools.length <= COLUMNS_MAX ? Matrix : Lists;
  return (
    <>
      <Group justify="space-between" mb="md">
        <Text c="dimmed" maw={560}>
          What is not granted here is refused, whatever the code says. Press a cell to grant or revoke.
        </Text>
        <Button variant="default" leftSection={<Plus size={16} />} onClick={dialog.open} disabled={whyNot !== undefined}>
          Grant a capability
        </Button>
      </Group>
      {kinds.length === 0 ? (
        <Paper>
          <EmptyState icon={ShieldCheck} title="Its tools may do nothing but compute">
            No host, no secret, no module beyond the defaults. What a tool needs, its review asks you for.
          </EmptyState>
        </Paper>
      ) : (
        <Shape {...shared} />
      )}
      <GrantDialogs pressed={pressed} onClose={() => setPressed(undefined)} />
      <AddGrant isOpen={isAdding} onClose={dialog.close} targets={[all, ...targets]} />
    </>
  );
}

interface ShapeProps {
  kinds: readonly Kind[];
  all: Target;
  targets: readonly Target[];
  whyNot: string | undefined;
  onPress: (pressed: Pressed) => void;
}

function Matrix({ kinds, all, targets, whyNot, onPress }: ShapeProps) {
  return (
    <Paper className={classes.frame}>
      <table className={classes.table} aria-label="Grants">
        <thead>
          <tr>
            <th scope="col">May</th>
            <th scope="col" className={classes.all}>
              All tools
            </th>
            {targets.map(({ id, name }) => (
              <th key={id} scope="col">
                <CodeName size={12}>{name}</CodeName>
              </th>
            ))}
          </tr>
        </thead>
        {kinds.map(({ kind, title, lines }) => (
          <tbody key={kind}>
            <tr className={classes.group}>
              <th scope="rowgroup" colSpan={targets.length + 2}>
                {title}
              </th>
            </tr>
            {lines.map((line) => (
              <tr key={line.key}>
                <th scope="row">
                  <CodeName>{capabilityName(line.capability)}</CodeName>
                </th>
                <td className={classes.all}>
                  <GrantCell cell={line.all} capability={line.capability} target={all} whyNot={whyNot} onPress={() => onPress({ cell: line.all, capability: line.capability, target: all })} />
                </td>
                {cells(line, targets).map(({ cell, target }) => (
                  <td key={target.id}>
                    <GrantCell cell={cell} capability={line.capability} target={target} whyNot={whyNot} onPress={() => onPress({ cell, capability: line.capability, target })} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </Paper>
  );
}

const cells = (line: Line, targets: readonly Target[]) => targets.flatMap((target, index) => (line.tools[index] ? [{ target, cell: line.tools[index] }] : []));

/** What a cell says by itself, and not because of another. */
const OWN = new Set(["granted", "pending", "expired"]);

/** Without columns: who has it and who asks for it; others get it by the button above. */
function Lists({ kinds, all, targets, whyNot, onPress }: ShapeProps) {
  return kinds.map(({ kind, title, lines }) => (
    <Paper key={kind} className={classes.frame} component="section" aria-label={title}>
      <Text size="sm" c="dimmed" px="md" py={8} className={classes.group}>
        {title}
      </Text>
      <ul className={classes.list}>
        {lines.map((line) => {
          const shown = [{ target: all, cell: line.all }, ...cells(line, targets)].filter(({ cell, target }) => OWN.has(cell.state) || (cell.state === "everywhere" && target.level === "server"));
          return (
            <li key={line.key} className={classes.item}>
              <CodeName>{capabilityName(line.capability)}</CodeName>
              <div className={classes.chips}>
                {shown.map(({ cell, target }) => (
                  <GrantCell key={target.id} withName cell={cell} capability={line.capability} target={target} whyNot={whyNot} onPress={() => onPress({ cell, capability: line.capability, target })} />
                ))}
              </div>
            </li>
          );
        })}
      </ul>
    </Paper>
  ));
}

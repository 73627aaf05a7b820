import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { WholeCode } from "@/components/CodeView";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import classes from "./OpenApi.module.css";

interface Props {
  report: Schema["OpenApiReport"];
  onImport: () => void;
}

/** What would come of it, with the code of each tool. */
export function Preview({ report, onImport }: Props) {
  const head = useRef<HTMLDivElement>(null);
  const whyNot = useWhyReadOnly();
  useEffect(() => head.current?.focus(), []);
  const { tools, secrets, notes } = report;
  return (
    <div ref={head} tabIndex={-1} style={{ outline: "none" }}>
      <Section title="What would come">
        <Stack>
          <Text>
            {counted(tools.length, "draft")} on {report.is_new ? "the new server" : "the server"} <CodeName>{report.server}</CodeName>, calling <CodeName>{report.base_url}</CodeName>.
          </Text>
          {secrets.length > 0 && (
            <Alert color="brand" title={secrets.length === 1 ? "A secret whose value you set" : "Secrets whose values you set"}>
              {secrets.map(({ key, description }) => (
                <Text key={key} size="sm">
                  <CodeName>{key}</CodeName> <HostileText text={description} limit={300} />
                </Text>
              ))}
            </Alert>
          )}
          {notes.map((note) => (
            <Text key={note} size="sm" c="dimmed">
              <HostileText text={note} limit={300} />
            </Text>
          ))}
          <ul className={classes.list} aria-label="Tools that would come" style={{ maxHeight: "none" }}>
            {tools.map((tool) => (
              <Tool key={tool.tool} tool={tool} isOpenAtFirst={tools.length === 1} />
            ))}
          </ul>
          <Group>
            <Button onClick={onImport} disabled={whyNot !== undefined}>
              {`Import ${counted(tools.length, "draft")}`}
            </Button>
          </Group>
        </Stack>
      </Section>
    </div>
  );
}

function Tool({ tool, isOpenAtFirst }: { tool: Schema["OpenApiTool"]; isOpenAtFirst: boolean }) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <li className={classes.item}>
      <Group justify="space-between" gap="xs">
        <CodeName>{tool.tool}</CodeName>
        <Button variant="default" size="xs" onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen} aria-label={`${isOpen ? "Hide" : "Show"} the code of ${tool.tool}`}>
          {isOpen ? "Hide the code" : "Show the code"}
        </Button>
      </Group>
      {[...tool.findings.map(({ message, line }) => (line ? `line ${line}: ${message}` : message)), ...tool.notes].map((note) => (
        <Text key={note} size="sm" c="dimmed">
          <HostileText text={note} limit={300} />
        </Text>
      ))}
      {isOpen && <WholeCode text={tool.code} label={`Code of ${tool.tool}`} />}
    </li>
  );
}

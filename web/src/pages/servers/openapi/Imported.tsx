import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Schema } from "@/api/client";
import { CodeName } from "@/components/CodeName";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import classes from "./OpenApi.module.css";

/** What came, and what to do now. */
export function Imported({ report, onAgain }: { report: Schema["OpenApiReport"]; onAgain: () => void }) {
  const { server, tools, secrets } = report;
  return (
    <Section title={`${counted(tools.length, "draft")} imported`}>
      <Stack maw={820}>
        <Text>
          None of them is approved. Let your client test them and ask for their publication (<CodeName>mcpbox_request_publish</CodeName>); each then waits under Approvals.
        </Text>
        {secrets.length > 0 && (
          <Text>
            Set {secrets.length === 1 ? "the value" : "the values"} of {secrets.map(({ key }) => key).join(", ")} under{" "}
            <Anchor component={Link} to={`/servers/${server}/secrets`} td="underline">
              its secrets
            </Anchor>
            .
          </Text>
        )}
        <ul className={classes.list} aria-label="Imported tools" style={{ maxHeight: "none" }}>
          {tools.map(({ tool }) => (
            <li key={tool} className={classes.item}>
              <Anchor component={Link} to={`/servers/${server}/tools/${tool.slice(server.length + 2)}`} td="underline">
                <CodeName>{tool}</CodeName>
              </Anchor>
            </li>
          ))}
        </ul>
        <Group gap="xs">
          <Button component={Link} to={`/servers/${server}`}>
            Open the server
          </Button>
          <Button variant="default" onClick={onAgain}>
            Import more
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}

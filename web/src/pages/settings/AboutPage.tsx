import { Anchor, Paper, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { api } from "@/api/client";
import { CodeBlock } from "@/components/CodeBlock";
import { HostileText } from "@/components/HostileText";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { SubNav } from "@/components/SubNav";
import { Fact } from "./SandboxPage";
import classes from "./SettingsPage.module.css";

/** What this box is, and where clients reach it. */
export function AboutPage() {
  const { data: document } = api.useQuery("get", "/api/openapi.json");
  const { data: connection } = api.useSuspenseQuery("get", "/api/connection");
  const info = (document as { info?: { version?: string } } | undefined)?.info;
  return (
    <>
      <PageHeader title="About">MCPbox: your LLM forges its own tools, and you decide which run.</PageHeader>
      <SubNav root="/settings" label="Settings" />
      <Section title="This box">
        <Paper>
          <dl className={classes.facts}>
            <Fact label="Version of the API">{info?.version ?? "…"}</Fact>
            <Fact label="Licence">Apache 2.0</Fact>
            <Fact label="Description of the API">
              <Anchor href="/api/openapi.json">openapi.json</Anchor>
            </Fact>
            <Fact label="Clients seen">
              {connection.clients.length === 0 ? <Text c="dimmed">None since the start</Text> : connection.clients.map(({ name }) => <HostileText key={name} text={`${name}\n`} limit={80} />)}
            </Fact>
          </dl>
        </Paper>
      </Section>
      {connection.mcp_url && (
        <Section title="Where clients connect">
          <CodeBlock code={connection.mcp_url} label="the MCP address" />
        </Section>
      )}
      {connection.public_url && (
        <Section title="Clients elsewhere">
          <CodeBlock code={`${connection.public_url}/mcp`} label="the public MCP address" />
          <Text mt="md">
            How to connect them, and a check of each hop on the way here, stand under{" "}
            <Anchor td="underline" renderRoot={(props) => <Link {...props} to="/remote" />}>
              Remote access
            </Anchor>
            .
          </Text>
        </Section>
      )}
      <Section title="Over standard input and output">
        <CodeBlock code={connection.command.join(" ")} label="the command" />
      </Section>
    </>
  );
}

import { Paper, Stack, Text, Title } from "@mantine/core";
import { DiffText } from "@/components/DiffText";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import type { Detail } from "./model";
import classes from "./WhatClientsSee.module.css";

/** The texts that every client's model will read: they steer it, so they are part of what is approved. */
export function WhatClientsSee({ detail: { version, live, description_diff: diff } }: { detail: Detail }) {
  const { content } = version;
  const isChanged = live != null && diff.hunks.length > 0;
  return (
    <Section title="What clients are told">
      <Paper p="md">
        <Stack gap="md">
          <Part title="Description">
            {isChanged ? (
              <DiffText diff={diff} label="How the description differs from the live version" />
            ) : (
              <Text component="div" className={classes.description}>
                {content.description ? <HostileText text={content.description} /> : <span className={classes.none}>It has none.</span>}
              </Text>
            )}
          </Part>
          <Schema title="Parameters" schema={content.input_schema} live={live?.content.input_schema} />
          {content.output_schema != null && <Schema title="Result" schema={content.output_schema} live={live?.content.output_schema} />}
        </Stack>
      </Paper>
    </Section>
  );
}

function Schema({ title, schema, live }: { title: string; schema: unknown; live: unknown }) {
  const now = JSON.stringify(schema, null, 2);
  const before = live == null ? undefined : JSON.stringify(live, null, 2);
  const isChanged = before !== undefined && before !== now;
  return (
    <Part title={isChanged ? `${title}, changed` : title}>
      <div className={isChanged ? classes.sides : undefined}>
        {isChanged && <Json label={`${title} of the live version`} head="Live" text={before} />}
        <Json label={title} head={isChanged ? "Now" : undefined} text={now} />
      </div>
    </Part>
  );
}

function Json({ label, head, text }: { label: string; head?: string; text: string }) {
  return (
    <div>
      {head && <Text c="dimmed">{head}</Text>}
      <pre className={classes.json} tabIndex={0} role="region" aria-label={label}>
        <HostileText text={text} />
      </pre>
    </div>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div>
      <Title order={3} mb={4}>
        {title}
      </Title>
      {children}
    </div>
  );
}

import { Badge, Group, Loader, Stack, Text } from "@mantine/core";
import type { Schema } from "@/api/client";
import { HostileText } from "@/components/HostileText";
import { TimeAgo } from "@/components/TimeAgo";
import classes from "../SettingsPage.module.css";
import own from "./StepRow.module.css";
import { PROGRESS, type Step, TITLES } from "./steps";

interface Props {
  step: Step;
  isNext: boolean;
  isBusy: boolean;
}

/** One step: how far it is, what came of it, and every request it sends. */
export function StepRow({ step, isNext, isBusy }: Props) {
  const { label, tone, icon: Icon } = PROGRESS[step.progress];
  return (
    <li className={classes.sentence} aria-current={isNext ? "step" : undefined}>
      <Stack gap={8}>
        <Group justify="space-between" gap="xs">
          <Text fw={isNext ? 600 : 500}>{TITLES[step.name]}</Text>
          <Group gap={8}>
            {step.at && step.progress !== "open" && (
              <Text size="sm" c="dimmed">
                <TimeAgo at={step.at} />
              </Text>
            )}
            <Badge color={tone} leftSection={isBusy ? <Loader size={12} color={tone} /> : <Icon size={14} />}>
              {isBusy ? "Being done" : label}
            </Badge>
          </Group>
        </Group>
        {step.message && (
          <Text size="sm" c={step.progress === "failed" ? "bad" : undefined} component="div">
            <HostileText text={step.message} limit={1_000} />
          </Text>
        )}
        {step.requests.length > 0 && <Requests title={step.progress === "done" ? "What was sent" : "What is sent"} requests={step.requests} />}
        {step.undo.length > 0 && step.progress !== "open" && <Requests title="What undoing it sends" requests={step.undo} />}
      </Stack>
    </li>
  );
}

function Requests({ title, requests }: { title: string; requests: Schema["ShownRequest"][] }) {
  return (
    <details className={own.requests}>
      <summary>{title}</summary>
      <Stack gap="xs" mt={8}>
        {requests.map(({ method, url, body, purpose }) => (
          <div key={`${method} ${url}`}>
            <Text size="sm">{purpose}</Text>
            <pre className={own.request} aria-label={`${method} ${url}`} role="region">
              {`${method} ${url}`}
              {body != null && `\n${JSON.stringify(body, null, 2)}`}
            </pre>
          </div>
        ))}
      </Stack>
    </details>
  );
}

import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import { useEffect } from "react";
import { Problem, sentence } from "@/api/problem";
import { CopyButton } from "@/components/CopyButton";

/** A page whose code is gone: MCPbox was updated under it. */
const isOldPage = (error: unknown) => error instanceof TypeError && /import|module/i.test(error.message);

/** In place of a page that failed; the rest of the shell goes on. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  useEffect(() => queries.reset(), [queries]);
  const retry = () => {
    if (isOldPage(error)) return window.location.reload();
    reset();
    void router.invalidate();
  };
  const problem = error instanceof Problem ? error.details : undefined;
  const title = isOldPage(error) ? "MCPbox was updated" : (problem?.title ?? "This page failed");
  const detail = isOldPage(error) ? "This page is from before the update. Load it again to go on." : sentence(error);
  const id = problem?.request_id;
  return (
    <Stack maw={640} mx="auto" my="xl" px="md">
      <Title order={1}>{title}</Title>
      <Alert color="bad" icon={<CircleAlert size={20} />} role="alert">
        <Text size="md">{detail}</Text>
        {id && (
          <Group gap={4} mt="xs">
            <Text size="sm" c="dimmed">
              Request <span className="mono">{id}</span>
            </Text>
            <CopyButton value={id} label="Copy the request id" />
          </Group>
        )}
      </Alert>
      <Group>
        <Button onClick={retry}>{isOldPage(error) ? "Load again" : "Try again"}</Button>
        <Button variant="default" component="a" href="/">
          Go home
        </Button>
      </Group>
    </Stack>
  );
}

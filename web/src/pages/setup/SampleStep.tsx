import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import { StatusBadge } from "@/components/StatusBadge";
import classes from "./SampleStep.module.css";

/** Makes the sample tool, shows what it is, and lets a human approve it. */
export function SampleStep({ onNext, onSkip }: { onNext: () => void; onSkip: () => void }) {
  const make = api.useMutation("post", "/api/setup/sample");
  const whyNot = useWhyReadOnly();
  const review = make.data?.review_id;
  if (make.data && !review) {
    return (
      <Stack>
        <Alert color="ok">
          <CodeName>{make.data.name}</CodeName> is approved already.
        </Alert>
        <Group justify="flex-end">
          <Button onClick={onNext}>Go on</Button>
        </Group>
      </Stack>
    );
  }
  if (review) return <SampleReview id={review} onApproved={onNext} />;
  return (
    <Stack>
      <Text>The sample counts the words of a text. It needs no network, no secret and no extra module. MCPbox tests it in the sandbox and then asks you.</Text>
      {make.isError && (
        <Alert color="bad" role="alert">
          {sentence(make.error)}
        </Alert>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onSkip}>
          Skip to the home page
        </Button>
        <Button onClick={() => make.mutate({})} loading={make.isPending} disabled={whyNot !== undefined}>
          Make the sample tool
        </Button>
      </Group>
    </Stack>
  );
}

/** The essence of a review: what it may newly do, what a test did, the code, the decision. */
function SampleReview({ id, onApproved }: { id: string; onApproved: () => void }) {
  const { data } = api.useSuspenseQuery("get", "/api/reviews/{id}", { params: { path: { id } } });
  const approve = api.useMutation("post", "/api/reviews/{id}/approve", { onSuccess: onApproved });
  const whyNot = useWhyReadOnly();
  const decide = () => approve.mutate({ params: { path: { id } }, body: { content_hash: data.review.content_hash, comment: "" } });
  return (
    <Stack>
      <Group gap={12}>
        <Title order={2}>
          <CodeName size={16}>{data.name}</CodeName>
        </Title>
        <StatusBadge status={data.review.risk} />
      </Group>
      <Text>
        <HostileText text={data.consequence} />
      </Text>
      <Text c="dimmed">{evidence(data.evidence)}</Text>
      <pre className={classes.code} tabIndex={0} role="region" aria-label="Code of the tool">
        <HostileText text={data.version.content.code} />
      </pre>
      {approve.isError && (
        <Alert color="bad" role="alert">
          {sentence(approve.error)}
        </Alert>
      )}
      <Group justify="flex-end">
        <Button onClick={decide} loading={approve.isPending} disabled={whyNot !== undefined}>
          Approve this code
        </Button>
      </Group>
    </Stack>
  );
}

/** What test runs showed, in a sentence. */
function evidence(runs: readonly Schema["CallRecord"][]): string {
  const succeeded = runs.filter(({ failure }) => !failure);
  if (succeeded.length === 0) return runs.length === 0 ? "It was not tested yet." : "Its test failed.";
  const hosts = new Set(succeeded.flatMap(({ observed }) => observed.hosts.map(({ host }) => host)));
  const reached = hosts.size === 0 ? "it tried to reach no host" : `it tried to reach ${[...hosts].join(", ")}`;
  return `Tested in the sandbox: it succeeded, and ${reached}.`;
}

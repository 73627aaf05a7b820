import { Alert, Button, Group, Paper, Text } from "@mantine/core";
import { Link2, Link2Off, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import { count, counted } from "@/components/numbers";
import { TimeAgo } from "@/components/TimeAgo";

/** Asks the server to walk the whole chain, and keeps its answer on the page. */
export function ChainCheck() {
  const [answer, setAnswer] = useState<{ report: Schema["AuditReport"]; at: string }>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const { data: report } = await client.GET("/api/audit/verify");
      setAnswer(report && { report, at: new Date().toISOString() });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Paper p="md" mb="xl">
      <Group justify="space-between" gap={12}>
        <Text c="dimmed" maw={640}>
          {answer ? (
            <>
              The chain was verified <TimeAgo at={answer.at} />.
            </>
          ) : (
            "Walk the chain from its first event, and compare what is stored with what was decided."
          )}
        </Text>
        <Button variant="default" leftSection={<Link2 size={16} />} onClick={() => void verify()} loading={isBusy}>
          {answer ? "Verify again" : "Verify the chain"}
        </Button>
      </Group>
      <div role="status">
        {error !== undefined ? (
          <Alert color="bad" mt="md">
            {sentence(error)}
          </Alert>
        ) : (
          answer && <Verdict answer={answer.report} />
        )}
      </div>
    </Paper>
  );
}

function Verdict({ answer: { intact, rows, broken_at, decisions, grants, versions, problems } }: { answer: Schema["AuditReport"] }) {
  if (intact) {
    return (
      <Alert mt="md" color="ok" icon={<ShieldCheck size={20} />} title="The chain is whole">
        <Text>
          All {count(rows ?? 0)} events are as they were written. {counted(decisions, "decision")}, {counted(grants, "grant")} and {counted(versions, "version")} were compared with them and agree.
        </Text>
      </Alert>
    );
  }
  const isBroken = typeof broken_at === "number";
  return (
    <Alert mt="md" color="bad" icon={<Link2Off size={20} />} title={isBroken ? `The chain is broken at event ${broken_at}` : "Something is not as it was decided"}>
      <Text>{isBroken ? "This event was changed, or one before it was taken out" : "The chain is whole, but what is stored besides was changed"}, past MCPbox: in the database itself. Compare it with a backup, and find out who could write there.</Text>
      {problems.map(({ subject, message }) => (
        <Text key={subject + message} mt={8} component="div">
          <CodeName>{subject}</CodeName>: <HostileText text={message} limit={300} />
        </Text>
      ))}
    </Alert>
  );
}

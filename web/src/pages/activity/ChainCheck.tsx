import { Alert, Button, Text } from "@mantine/core";
import { Link2, Link2Off, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { CodeName } from "@/components/CodeName";
import { Dialog } from "@/components/Dialog";
import { HostileText } from "@/components/HostileText";
import { count, counted } from "@/components/numbers";

/** Asks the server to walk the whole chain, and tells its answer. */
export function ChainCheck() {
  const [answer, setAnswer] = useState<Schema["AuditReport"]>();
  const [error, setError] = useState<unknown>();
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setAnswer((await client.GET("/api/audit/verify")).data);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
      setOpen(true);
    }
  };
  return (
    <>
      <Button variant="default" leftSection={<Link2 size={16} />} onClick={() => void verify()} loading={isBusy}>
        Verify the chain
      </Button>
      <Dialog opened={isOpen} onClose={() => setOpen(false)} title="The audit chain">
        {error !== undefined ? <Alert color="bad">{sentence(error)}</Alert> : answer && <Verdict answer={answer} />}
      </Dialog>
    </>
  );
}

function Verdict({ answer: { intact, rows, broken_at, decisions, grants, versions, problems } }: { answer: Schema["AuditReport"] }) {
  if (intact) {
    return (
      <Alert color="ok" icon={<ShieldCheck size={20} />} title="The chain is whole">
        <Text>
          All {count(rows ?? 0)} events are as they were written. {counted(decisions, "decision")}, {counted(grants, "grant")} and {counted(versions, "version")} were compared with them and agree.
        </Text>
      </Alert>
    );
  }
  const isBroken = typeof broken_at === "number";
  return (
    <Alert color="bad" icon={<Link2Off size={20} />} title={isBroken ? `The chain is broken at event ${broken_at}` : "Something is not as it was decided"}>
      <Text>{isBroken ? "This event was changed, or one before it was taken out" : "The chain is whole, but what is stored besides was changed"}, past MCPbox: in the database itself. Compare it with a backup, and find out who could write there.</Text>
      {problems.map(({ subject, message }) => (
        <Text key={subject + message} mt={8} component="div">
          <CodeName>{subject}</CodeName>: <HostileText text={message} limit={300} />
        </Text>
      ))}
    </Alert>
  );
}

import { Alert, Button, Modal, Text } from "@mantine/core";
import { Link2, Link2Off, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { count } from "@/components/numbers";

/** Asks the server to walk the whole chain, and tells its answer. */
export function ChainCheck() {
  const [answer, setAnswer] = useState<Schema["AuditCheck"]>();
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
      <Modal opened={isOpen} onClose={() => setOpen(false)} title="The audit chain">
        {error !== undefined ? <Alert color="bad">{sentence(error)}</Alert> : answer && <Verdict answer={answer} />}
      </Modal>
    </>
  );
}

function Verdict({ answer: { intact, rows, broken_at } }: { answer: Schema["AuditCheck"] }) {
  if (intact) {
    return (
      <Alert color="ok" icon={<ShieldCheck size={20} />} title="The chain is whole">
        <Text>All {count(rows ?? 0)} events are as they were written.</Text>
      </Alert>
    );
  }
  return (
    <Alert color="bad" icon={<Link2Off size={20} />} title={`The chain is broken at event ${broken_at ?? "?"}`}>
      <Text>This event was changed, or one before it was taken out, past MCPbox: in the database itself. Compare it with a backup, and find out who could write there.</Text>
    </Alert>
  );
}

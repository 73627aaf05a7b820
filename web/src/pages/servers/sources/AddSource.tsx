import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "@/components/Dialog";
import type { Closing } from "./AddFooter";
import { type Address, AddressForm, EMPTY_ADDRESS } from "./AddressForm";
import { ProgramForm } from "./ProgramForm";
import { type Draft, EMPTY } from "./program";

interface Props extends Closing {
  isOpen: boolean;
}

const KINDS = [
  { value: "network", label: "On the network" },
  { value: "program", label: "A program" },
];

/** Writes a source down. Nothing is contacted or started by that. */
export function AddSource({ server, isOpen, onClose }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Add a source">
      <Drafts server={server} onClose={onClose} />
    </Dialog>
  );
}

/** What was typed of either kind: kept while the dialog is open, and gone with it. */
function Drafts({ server, onClose }: Closing) {
  const [kind, setKind] = useState("network");
  const [address, setAddress] = useState<Address>(EMPTY_ADDRESS);
  const [program, setProgram] = useState<Draft>(EMPTY);
  return (
    <>
      <SegmentedControl aria-label="What it is" data={KINDS} value={kind} onChange={setKind} fullWidth mb="md" />
      {kind === "program" ? <ProgramForm server={server} draft={program} onDraft={setProgram} onClose={onClose} /> : <AddressForm server={server} draft={address} onDraft={setAddress} onClose={onClose} />}
    </>
  );
}

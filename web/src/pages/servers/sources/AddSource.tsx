import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "@/components/Dialog";
import type { FormProps } from "./AddFooter";
import { AddressForm } from "./AddressForm";
import { ProgramForm } from "./ProgramForm";

interface Props extends FormProps {
  isOpen: boolean;
}

const KINDS = [
  { value: "network", label: "On the network" },
  { value: "program", label: "A program" },
];

/** Writes a source down. Nothing is contacted or started by that. */
export function AddSource({ server, isOpen, onClose }: Props) {
  const [kind, setKind] = useState("network");
  const Form = kind === "program" ? ProgramForm : AddressForm;
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Add a source">
      <SegmentedControl aria-label="What it is" data={KINDS} value={kind} onChange={setKind} fullWidth mb="md" />
      <Form server={server} onClose={onClose} />
    </Dialog>
  );
}

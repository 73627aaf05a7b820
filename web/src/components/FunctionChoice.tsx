import { NativeSelect } from "@mantine/core";
import type { Schema } from "@/api/client";
import { functionWords } from "./entry";

type Offered = Schema["Offered"];

interface Props {
  /** What stands beside the tool. */
  offers: readonly Offered[];
  chosen: Offered | undefined;
  onChoose: (chosen: Offered | undefined) => void;
}

/** Which function runs: the tool itself, or a prompt or resource beside it. Nothing where there are none. */
export function FunctionChoice({ offers, chosen, onChoose }: Props) {
  if (offers.length === 0) return null;
  const data = offers.map(({ entry, name }) => ({ value: keyOf(entry), label: `${entry.kind === "prompt" ? "Prompt" : "Resource"} ${name}` }));
  return (
    <NativeSelect
      label="What runs"
      data={[{ value: "", label: "The tool itself" }, ...data]}
      value={chosen ? keyOf(chosen.entry) : ""}
      onChange={({ currentTarget: { value } }) => onChoose(offers.find(({ entry }) => keyOf(entry) === value))}
    />
  );
}

const keyOf = (entry: Offered["entry"]): string => functionWords(entry) ?? "";

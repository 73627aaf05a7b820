import { Group, NativeSelect, TextInput } from "@mantine/core";
import { choiceOf, TERMS } from "./term";

interface Props {
  label: string;
  value: string;
  onChange: (term: string) => void;
}

/** How long a grant counts. */
export function TermField({ label, value, onChange }: Props) {
  const choice = choiceOf(value);
  const tomorrow = new Date(Date.now() + 86_400_000).toLocaleDateString("sv");
  return (
    <Group gap={8} align="flex-end">
      <NativeSelect label={label} data={TERMS} value={choice} onChange={(event) => onChange(event.currentTarget.value)} />
      {choice === "-" && <TextInput type="date" label="Last day" min={tomorrow} value={value === "-" ? "" : value} onChange={(event) => onChange(event.currentTarget.value || "-")} />}
    </Group>
  );
}

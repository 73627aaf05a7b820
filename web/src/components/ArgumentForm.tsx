import { Checkbox, NativeSelect, Stack, TextInput } from "@mantine/core";
import type { ArgumentField } from "./arguments";
import { HostileText } from "./HostileText";
import { LongField } from "./LongField";

interface Props {
  fields: readonly ArgumentField[];
  typed: Readonly<Record<string, string>>;
  errors: Readonly<Record<string, string>>;
  onType: (name: string, text: string) => void;
}

/** A field for each parameter of a tool. */
export function ArgumentForm({ fields, typed, errors, onType }: Props) {
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <Field key={field.name} field={field} text={typed[field.name] ?? field.initial} error={errors[field.name]} onType={(text) => onType(field.name, text)} />
      ))}
    </Stack>
  );
}

function Field({ field, text, error, onType }: { field: ArgumentField; text: string; error: string | undefined; onType: (text: string) => void }) {
  const { name, kind, isRequired, description, choices } = field;
  const common = {
    label: <span className="mono"><HostileText text={name} />{isRequired ? "" : " (optional)"}</span>,
    description: description ? <HostileText text={description} limit={400} /> : undefined,
    error,
  };
  if (kind === "switch") return <Checkbox {...common} checked={text === "true"} onChange={(event) => onType(String(event.currentTarget.checked))} />;
  if (kind === "choice") {
    const data = isRequired && text !== "" ? choices : [{ value: "", label: "not given" }, ...choices];
    return <NativeSelect {...common} data={data} value={text} onChange={(event) => onType(event.currentTarget.value)} />;
  }
  if (kind === "number") return <TextInput {...common} inputMode="decimal" autoComplete="off" value={text} onChange={(event) => onType(event.currentTarget.value)} />;
  return (
    <LongField {...common} placeholder={kind === "json" ? "JSON" : undefined} isCode={kind === "json"} rows={kind === "json" ? 3 : 1} value={text} onType={onType} />
  );
}

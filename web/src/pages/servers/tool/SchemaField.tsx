import { Checkbox, NativeSelect, Text, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import type { Field } from "./schemaForm";

interface Props {
  field: Field;
  value: string | undefined;
  error: string | undefined;
  onChange: (value: string | undefined) => void;
}

const EMPTY = "\u0000";
const MONO = { input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } };

/** One argument of a tool. */
export function SchemaField({ field, value, error, onChange }: Props) {
  const shared = { label: <Label field={field} />, description: describe(field), error, "aria-required": field.isRequired };
  switch (field.kind) {
    case "boolean":
      if (field.isNullable || (!field.isRequired && typeof field.fallback !== "boolean")) {
        const data = [{ value: EMPTY, label: "not given" }, { value: "true", label: "yes" }, { value: "false", label: "no" }];
        return <NativeSelect {...shared} data={data} value={value ?? EMPTY} onChange={(event) => onChange(given(event.currentTarget.value))} />;
      }
      return <Checkbox label={<Label field={field} />} description={describe(field)} error={error} checked={value === "true"} onChange={(event) => onChange(String(event.currentTarget.checked))} />;
    case "choice": {
      const choices = field.choices.map((choice) => ({ value: JSON.stringify(choice), label: typeof choice === "string" ? choice : JSON.stringify(choice) }));
      const data = field.isRequired && !field.isNullable && value !== undefined ? choices : [{ value: EMPTY, label: field.isRequired ? "choose" : "not given" }, ...choices];
      return <NativeSelect {...shared} data={data} value={value ?? EMPTY} onChange={(event) => onChange(given(event.currentTarget.value))} />;
    }
    case "integer":
    case "number":
      return <TextInput {...shared} inputMode={field.kind === "integer" ? "numeric" : "decimal"} autoComplete="off" value={value ?? ""} onChange={(event) => onChange(event.currentTarget.value)} />;
    case "text":
      return <TextInput {...shared} autoComplete="off" value={value ?? ""} onChange={(event) => onChange(event.currentTarget.value)} />;
    default:
      return (
        <Textarea
          {...shared}
          autosize
          minRows={field.kind === "json" ? 2 : 3}
          maxRows={12}
          styles={field.kind === "long" ? undefined : MONO}
          spellCheck={field.kind === "long"}
          value={value ?? ""}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

const given = (value: string): string | undefined => (value === EMPTY ? undefined : value);

function Label({ field }: { field: Field }) {
  return (
    <>
      <CodeName>{field.name}</CodeName>
      {!field.isRequired && (
        <Text span size="xs" c="dimmed" fw={400}>
          {" "}
          optional
        </Text>
      )}
    </>
  );
}

function describe(field: Field): ReactNode {
  const how = field.kind === "lines" ? "One on each line." : field.kind === "json" ? "As JSON." : "";
  if (!field.description && !how) return undefined;
  return (
    <>
      {field.description && <HostileText text={field.description} limit={1_000} />} {how}
    </>
  );
}

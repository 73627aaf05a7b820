import { Input } from "@mantine/core";
import { type ReactNode, type Ref, useId } from "react";

interface Props {
  label: ReactNode;
  description?: ReactNode;
  error?: string;
  value: string;
  onType: (text: string) => void;
  rows?: number;
  placeholder?: string;
  maxLength?: number;
  isCode?: boolean;
  ref?: Ref<HTMLTextAreaElement>;
}

/** A field for more than a line. Mantine's own brings code that grows it, which `resize` does without. */
export function LongField({ label, description, error, value, onType, rows = 3, isCode, ref, ...rest }: Props) {
  const id = useId();
  return (
    <Input.Wrapper id={id} label={label} description={description} error={error}>
      <Input
        component="textarea"
        multiline
        id={id}
        ref={ref as never}
        rows={rows}
        value={value}
        onChange={(event: { currentTarget: { value: string } }) => onType(event.currentTarget.value)}
        error={error !== undefined}
        spellCheck={!isCode}
        autoComplete="off"
        styles={{ input: { resize: "vertical", padding: "8px 12px", height: "auto", lineHeight: 1.5, ...(isCode && { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 }) } }}
        {...rest}
      />
    </Input.Wrapper>
  );
}

import { Textarea } from "@mantine/core";
import { useState } from "react";

interface Props {
  label: string;
  description?: string;
  placeholder?: string;
  value: string[];
  onChange: (lines: string[]) => void;
}

/** A list, one thing a line. */
export function Lines({ value, onChange, ...rest }: Props) {
  const [text, setText] = useState(() => value.join("\n"));
  const type = (next: string) => {
    setText(next);
    onChange(next.split("\n").map((line) => line.trim()).filter(Boolean));
  };
  return <Textarea {...rest} value={text} onChange={(event) => type(event.currentTarget.value)} autosize minRows={1} maxRows={8} spellCheck={false} autoComplete="off" />;
}

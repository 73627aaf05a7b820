import { ActionIcon, CopyButton as Copy, Tooltip } from "@mantine/core";
import { Check, Clipboard } from "lucide-react";

/** Copies `value`; says so for two seconds. */
export function CopyButton({ value, label = "Copy" }: { value: string; label?: string }) {
  return (
    <Copy value={value} timeout={2_000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : label} opened={copied || undefined}>
          <ActionIcon onClick={copy} aria-label={copied ? "Copied" : label} color={copied ? "ok" : "gray"}>
            {copied ? <Check size={16} /> : <Clipboard size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </Copy>
  );
}

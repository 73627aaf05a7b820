import { ActionIcon, Button, Group, Input, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useId } from "react";
import type { Schema } from "@/api/client";
import { secretHints, type Variable, whyNoVariables } from "./program";
import classes from "./Sources.module.css";

interface Props {
  variables: readonly Variable[];
  secrets: readonly Schema["SecretSummary"][];
  onChange: (variables: readonly Variable[]) => void;
}

const KINDS = [
  { value: "text", label: "Text" },
  { value: "secret", label: "Secret" },
];

/** The environment of a program: each variable a text that everybody may read, or a secret of the server. */
export function Variables({ variables, secrets, onChange }: Props) {
  const id = useId();
  const wrong = whyNoVariables(variables);
  const set = (at: number, change: Partial<Variable>) => onChange(variables.map((variable, index) => (index === at ? { ...variable, ...change } : variable)));
  const typed = { autoComplete: "off", spellCheck: false, classNames: { input: "mono" } } as const;
  return (
    <div role="group" aria-labelledby={id}>
      <Text id={id} size="sm" fw={500}>
        Variables
      </Text>
      <Input.Description>Its environment: these and no others of MCPbox. What nobody may read is a secret, never a text.</Input.Description>
      <Stack gap="xs" mt={variables.length > 0 ? 8 : 4}>
        {variables.map((variable, index) => {
          const nth = index + 1;
          const isSecret = variable.kind === "secret";
          return (
            <div key={index} className={classes.variable}>
              <TextInput {...typed} aria-label={`Name of variable ${nth}`} placeholder={isSecret ? "API_KEY" : "LOG_LEVEL"} value={variable.name} onChange={(event) => set(index, { name: event.currentTarget.value })} />
              <NativeSelect aria-label={`Kind of variable ${nth}`} data={KINDS} value={variable.kind} onChange={(event) => set(index, { kind: event.currentTarget.value as Variable["kind"], value: "" })} />
              <TextInput {...typed} aria-label={isSecret ? `Secret of variable ${nth}` : `Text of variable ${nth}`} placeholder={isSecret ? "Key of the secret" : ""} list={isSecret ? `${id}keys` : undefined} value={variable.value} onChange={(event) => set(index, { value: isSecret ? event.currentTarget.value.toUpperCase() : event.currentTarget.value })} />
              <ActionIcon size={40} variant="subtle" color="gray" aria-label={`Remove variable ${nth}`} onClick={() => onChange(variables.filter((_, other) => other !== index))}>
                <X size={16} />
              </ActionIcon>
            </div>
          );
        })}
        {wrong && <Input.Error>{wrong}</Input.Error>}
        {secretHints(variables, secrets).map((hint) => (
          <Text key={hint} size="sm" c="dimmed">
            {hint}
          </Text>
        ))}
        <Group>
          <Button variant="default" leftSection={<Plus size={16} />} onClick={() => onChange([...variables, { name: "", kind: "text", value: "" }])}>
            Add a variable
          </Button>
        </Group>
      </Stack>
      <datalist id={`${id}keys`}>
        {secrets.map(({ key }) => (
          <option key={key} value={key} />
        ))}
      </datalist>
    </div>
  );
}

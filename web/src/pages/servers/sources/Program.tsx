import { Stack, Text } from "@mantine/core";
import type { Schema } from "@/api/client";
import { CodeName } from "@/components/CodeName";
import { programGets, programLine } from "@/components/capability";
import { HostileText } from "@/components/HostileText";

interface Props {
  program: Schema["ProgramRule"];
  /** What it wrote to its standard error last. */
  errors: readonly string[];
}

/** What is started, all it gets, and what it complained about. */
export function Program({ program, errors }: Props) {
  return (
    <Stack gap={4}>
      <Text size="sm">
        Starts <CodeName>{programLine(program)}</CodeName>
      </Text>
      {programGets(program).map(({ what, items }) => (
        <Text size="sm" key={what}>
          It {what}{" "}
          {items.map((item, index) => (
            <span key={`${index} ${item}`}>
              {index > 0 && ", "}
              <CodeName>{item}</CodeName>
            </span>
          ))}
        </Text>
      ))}
      {errors.length > 0 && (
        <details>
          <summary>What it wrote to its standard error last</summary>
          <HostileText text={errors.join("\n")} limit={4000} />
        </details>
      )}
    </Stack>
  );
}

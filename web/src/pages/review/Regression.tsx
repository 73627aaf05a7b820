import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { History } from "lucide-react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import type { Tone } from "@/app/theme";
import { functionWords } from "@/components/entry";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import classes from "./Evidence.module.css";

type Regression = Schema["RegressionReport"];

const TONES: Record<Regression["state"], Tone> = { running: "brand", interrupted: "warn", same: "ok", changed: "warn", failed: "bad" };

/** How the live version's examples come out with this one. */
export function RegressionPart({ regression, review }: { regression: Regression; review: Schema["Review"] }) {
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly();
  const repeat = api.useMutation("post", "/api/reviews/{id}/repeat", {
    onSuccess: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === "/api/reviews/{id}" }),
  });
  const different = regression.comparisons.filter(({ verdict }) => verdict !== "same");
  return (
    <Alert color={TONES[regression.state]} icon={<History size={20} />} mt="sm" title={verdict(regression)}>
      <Stack gap="sm">
        {different.map((comparison) => (
          <Compared key={comparison.example} comparison={comparison} />
        ))}
        {regression.state === "interrupted" && review.state === "open" && (
          <Group>
            <Button variant="default" onClick={() => repeat.mutate({ params: { path: { id: review.id } } })} loading={repeat.isPending} disabled={whyNot !== undefined}>
              Repeat the examples
            </Button>
          </Group>
        )}
        {repeat.isError && <Text role="alert">{sentence(repeat.error)}</Text>}
      </Stack>
    </Alert>
  );
}

/** In a sentence. */
export function verdict({ state, against_number: against, comparisons }: Regression): string {
  const examples = counted(comparisons.length, "example");
  const different = comparisons.filter((each) => each.verdict !== "same").length;
  switch (state) {
    case "running":
      return `The examples of version ${against} are being repeated`;
    case "interrupted":
      return `Not all examples of version ${against} were repeated`;
    case "same":
      return `${examples} of version ${against} ${comparisons.length === 1 ? "comes" : "come"} out the same`;
    default:
      return `${different} of ${examples} of version ${against} ${different === 1 ? "comes" : "come"} out differently`;
  }
}

function Compared({ comparison: { entry, arguments: input, differences, verdict: outcome } }: { comparison: Schema["Comparison"] }) {
  return (
    <div>
      <Text className="mono">
        {entry && `${functionWords(entry)} `}
        <HostileText text={JSON.stringify(input)} limit={300} />
      </Text>
      {differences.length === 0 && <Text c="dimmed">{outcome === "failed" ? "It failed." : "It was not run."}</Text>}
      {differences.map(({ part, before, after }) => (
        <Text key={part}>
          {part}: <span className={`${classes.before} mono`}><HostileText text={before} limit={500} /></span>
          {" → "}
          <span className="mono"><HostileText text={after} limit={500} /></span>
        </Text>
      ))}
    </div>
  );
}

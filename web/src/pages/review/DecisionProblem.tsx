import { Alert, Button, Group, Text } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { sentence } from "@/api/problem";
import { HostileText } from "@/components/HostileText";
import { TimeAgo } from "@/components/TimeAgo";
import type { Decision } from "./decision";

/** Why the server did not take the decision, and what to do now. */
export function DecisionProblem({ decision }: { decision: Decision }) {
  const { error, conflict } = decision;
  if (!error) return null;
  const decided = conflict?.decided;
  return (
    <Alert color={conflict ? "warn" : "bad"} icon={<TriangleAlert size={20} />} role="alert" mb="sm">
      <Group justify="space-between">
        <Text flex="1 1 280px">
          {decided ? (
            <>
              <HostileText text={decided.by.name} limit={80} /> decided first, <TimeAgo at={decided.at} />.
            </>
          ) : (
            <HostileText text={sentence(error)} limit={1_000} />
          )}
        </Text>
        {conflict && (
          <Button variant="default" onClick={() => void decision.resolve()}>
            {decided ? "Show the decision" : "Show what changed since you looked"}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

import { Button, Group, Paper, Text } from "@mantine/core";
import { useWindowScroll } from "@mantine/hooks";
import { ArrowUp, Pause, Play, Radio, SearchX } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { EmptyState } from "@/components/EmptyState";
import { count, counted } from "@/components/numbers";
import { PageSkeleton } from "@/components/PageSkeleton";
import { type RunQuery, type Runs, useRuns, useScan } from "./runs";

const RunList = lazy(() => import("./RunList"));

interface Props {
  query: RunQuery;
  /** Leaves out what began then or later. */
  end: string | undefined;
}

/** How far one may scroll and still want to see what is new. */
const TOP_PX = 400;

/** The list that follows the server while one is at its top, and stands still while one reads further down. */
export function LiveRuns({ query, end }: Props) {
  const [frozen, setFrozen] = useState<number>();
  const [isPaused, setPaused] = useState(false);
  const [{ y }] = useWindowScroll();
  const runs = useRuns(query, end, frozen);
  const shouldFreeze = isPaused || y > TOP_PX;
  if (shouldFreeze && frozen === undefined && runs.count !== undefined) setFrozen(runs.total);
  if (!shouldFreeze && frozen !== undefined) setFrozen(undefined);
  const fresh = frozen === undefined ? 0 : Math.max(0, runs.total - frozen);
  if (runs.count === undefined) return <PageSkeleton />;
  const follow = () => {
    setPaused(false);
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      <Group justify="space-between" mb={8} mih={40} wrap="nowrap">
        <Text aria-live="off">
          {counted(runs.count, "run")}
          {end === undefined && frozen === undefined && (
            <Text span c="dimmed">
              , new ones appear by themselves
            </Text>
          )}
        </Text>
        {end === undefined && (
          <Button variant="default" leftSection={isPaused ? <Play size={16} /> : <Pause size={16} />} onClick={() => (isPaused ? follow() : setPaused(true))}>
            {isPaused ? (fresh > 0 ? `Show ${counted(fresh, "new run")}` : "Follow again") : "Pause"}
          </Button>
        )}
      </Group>
      {runs.count === 0 ? <NoRuns /> : <List runs={runs} />}
      {!isPaused && fresh > 0 && (
        <Button radius="xl" leftSection={<ArrowUp size={16} />} onClick={follow} style={{ position: "fixed", top: 72, left: "50%", transform: "translateX(-50%)", zIndex: 90 }}>
          {counted(fresh, "new run")}
        </Button>
      )}
    </>
  );
}

/** The runs that mention a text. The server cannot search, so this page reads them, the newest first. */
export function FoundRuns({ query, end, text }: Props & { text: string }) {
  const { runs, looked, of, more, isBusy } = useScan(query, end, text);
  return (
    <>
      <Group justify="space-between" mb={8} mih={40}>
        <Text role="status">
          {runs.count === undefined ? "Looking…" : `${counted(runs.count, "run")} ${runs.count === 1 ? "mentions" : "mention"} it`}
          <Text span c="dimmed">
            {looked > 0 && `, among ${looked < of ? `the newest ${count(looked)} of ${count(of)}` : `all ${count(of)}`}`}
          </Text>
        </Text>
        {more && (
          <Button variant="default" loading={isBusy} onClick={() => void more()}>
            Look further back
          </Button>
        )}
      </Group>
      {runs.count === 0 ? (
        <Paper>
          <EmptyState icon={SearchX} title="Not found">
            No run that was looked through has this text in its input, output, prints or error.
          </EmptyState>
        </Paper>
      ) : (
        <List runs={runs} />
      )}
    </>
  );
}

function NoRuns() {
  return (
    <Paper>
      <EmptyState icon={Radio} title="No run here">
        When your LLM calls or tests a tool, it appears here at once. Widen the filters to see more.
      </EmptyState>
    </Paper>
  );
}

const List = ({ runs }: { runs: Runs }) => (
  <Suspense fallback={<PageSkeleton />}>
    <RunList runs={runs} />
  </Suspense>
);

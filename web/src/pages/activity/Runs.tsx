import { Button, Group, Paper, Text } from "@mantine/core";
import { useWindowScroll } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { ArrowUp, Pause, Play, Radio, SearchX } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { api } from "@/api/client";
import { useLog } from "@/api/log";
import { EmptyState } from "@/components/EmptyState";
import { counted } from "@/components/numbers";
import { PageSkeleton } from "@/components/PageSkeleton";
import type { RunQuery } from "./runs";

const RunList = lazy(() => import("./RunList"));

/** How far one may scroll and still want to see what is new. */
const TOP_PX = 400;
const PAGE_SIZE = 100;

/** The list that follows the server while one is at its top, and stands still while one reads further down. */
export function Runs({ query }: { query: RunQuery }) {
  const [isPaused, setPaused] = useState(false);
  const [{ y }] = useWindowScroll();
  const isStill = isPaused || y > TOP_PX;
  const { rows, more, restart } = useLog("/api/calls", { ...query, page_size: PAGE_SIZE }, isStill);
  const { data: counts } = api.useQuery("get", "/api/calls/counts", { params: { query } }, { placeholderData: keepPreviousData });
  const fresh = useFresh(query, counts?.total, isStill, restart);
  if (!rows) return <PageSkeleton />;
  const isLive = query.until === undefined;
  const follow = () => {
    setPaused(false);
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      <Group justify="space-between" mb={8} mih={40} wrap="nowrap">
        <Text role={query.text ? "status" : undefined}>
          {counts ? counted(counts.total - fresh, "run") : "…"}
          {query.text && (counts?.total === 1 ? " mentions it" : " mention it")}
          {isLive && !isStill && (
            <Text span c="dimmed">
              , new ones appear by themselves
            </Text>
          )}
        </Text>
        {isLive && (
          <Button variant="default" flex="none" leftSection={isPaused ? <Play size={16} /> : <Pause size={16} />} onClick={() => (isPaused ? follow() : setPaused(true))}>
            {isPaused ? (fresh > 0 ? `Show ${counted(fresh, "new run")}` : "Follow again") : "Pause"}
          </Button>
        )}
      </Group>
      {rows.length === 0 ? (
        <NoRuns isSearch={query.text !== undefined} />
      ) : (
        <Suspense fallback={<PageSkeleton />}>
          <RunList rows={rows} total={counts?.total ?? rows.length} more={more} />
        </Suspense>
      )}
      {!isPaused && fresh > 0 && (
        <Button radius="xl" leftSection={<ArrowUp size={16} />} onClick={follow} style={{ position: "fixed", top: 72, left: "50%", transform: "translateX(-50%)", zIndex: 90 }}>
          {counted(fresh, "new run")}
        </Button>
      )}
    </>
  );
}

/** How many runs came since the list stands still. When it follows again, it begins anew at the newest. */
function useFresh(query: RunQuery, total: number | undefined, isStill: boolean, restart: () => void): number {
  const [stood, setStood] = useState<{ query: RunQuery; total: number }>();
  if (isStill && total !== undefined && stood?.query !== query) setStood({ query, total });
  const isBack = !isStill && stood !== undefined;
  useEffect(() => {
    if (!isBack) return;
    setStood(undefined);
    restart();
  }, [isBack, restart]);
  return isStill && stood ? Math.max(0, (total ?? 0) - stood.total) : 0;
}

function NoRuns({ isSearch }: { isSearch: boolean }) {
  return (
    <Paper>
      {isSearch ? (
        <EmptyState icon={SearchX} title="Not found">
          No run of this time has this text in its name, input, output, prints or error. An id finds its run.
        </EmptyState>
      ) : (
        <EmptyState icon={Radio} title="No run here">
          When your LLM calls or tests a tool, it appears here at once. Widen the filters to see more.
        </EmptyState>
      )}
    </Paper>
  );
}

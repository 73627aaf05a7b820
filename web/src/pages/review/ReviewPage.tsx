import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";
import { api } from "@/api/client";
import { PageSkeleton } from "@/components/PageSkeleton";
import { useCommands } from "@/shell/commands";
import { Consequence } from "./Consequence";
import { DecisionBar } from "./DecisionBar";
import { useDecision } from "./decision";
import type { JumpTo } from "./jump";
import type { Detail } from "./model";
import { useNeighbours } from "./neighbours";
import { NewerBar } from "./NewerBar";
import { ReviewHead } from "./ReviewHead";
import classes from "./ReviewPage.module.css";
import { useShown } from "./shown";

// Not on every review, and not what is read first.
const Outcome = lazy(() => import("./Outcome").then(({ Outcome: component }) => ({ default: component })));
const CodeSection = lazy(() => import("./CodeSection").then(({ CodeSection: component }) => ({ default: component })));
const Evidence = lazy(() => import("./Evidence").then(({ Evidence: component }) => ({ default: component })));
const WhatClientsSee = lazy(() => import("./WhatClientsSee").then(({ WhatClientsSee: component }) => ({ default: component })));
const History = lazy(() => import("./History").then(({ History: component }) => ({ default: component })));
const Packages = lazy(() => import("./Packages").then(({ Packages: component }) => ({ default: component })));

/** May this exact code do these exact things? */
export function ReviewPage() {
  const { id } = useParams({ from: "/shell/approvals/$id" });
  return <Review key={id} id={id} />;
}

function Review({ id }: { id: string }) {
  const { data } = api.useSuspenseQuery("get", "/api/reviews/{id}", { params: { path: { id } } });
  const shown = useShown(data);
  const { detail } = shown;
  const decision = useDecision(shown);
  const jump = useRef<JumpTo>(() => undefined);
  const jumpTo: JumpTo = (line) => jump.current(line);
  const next = useNeighbours(id, detail.name);
  const { state } = detail.review;
  useLook(detail);
  useCommands([
    { id: "review-next", label: "Next review", group: "Review", keys: "j", run: next.go },
    { id: "review-previous", label: "Previous review", group: "Review", keys: "k", run: next.back },
    { id: "review-tests", label: "Go to the tests", group: "Review", keys: "t", run: () => focusOn("evidence") },
  ]);
  return (
    <>
      <ReviewHead detail={detail} />
      <div className={classes.page}>
        {state !== "open" && (
          <Suspense fallback={null}>
            <Outcome review={detail.review} state={state} next={next} />
          </Suspense>
        )}
        <NewerBar shown={shown} decision={decision} />
        <Consequence detail={detail} decision={decision} jumpTo={jumpTo} />
        <Suspense fallback={<PageSkeleton lines={3} />}>
          <Evidence detail={detail} />
        </Suspense>
        <Suspense fallback={<PageSkeleton lines={6} />}>
          <CodeSection detail={detail} decision={decision} since={shown.since} jump={jump} />
        </Suspense>
        <Suspense fallback={<PageSkeleton lines={3} />}>
          <WhatClientsSee detail={detail} />
        </Suspense>
        {detail.packages && (
          <Suspense fallback={null}>
            <Packages detail={detail} packages={detail.packages} />
          </Suspense>
        )}
        {detail.history.length > 0 && (
          <Suspense fallback={null}>
            <History history={detail.history} />
          </Suspense>
        )}
      </div>
      {state === "open" && <DecisionBar detail={detail} decision={decision} />}
    </>
  );
}

/** Tells the server what was read, so that the next submission is compared with it. */
function useLook({ review: { id, content_hash }, last_look: look }: Detail): void {
  const seen = api.useMutation("post", "/api/reviews/{id}/seen");
  const isKnown = look?.content_hash === content_hash;
  useEffect(() => {
    // Nothing depends on it: without it the next diff goes further back.
    if (!isKnown) seen.mutate({ params: { path: { id } }, body: { content_hash } });
  }, [id, content_hash, isKnown]);
}

function focusOn(id: string): void {
  const section = document.getElementById(id);
  section?.scrollIntoView({ block: "start" });
  section?.focus({ preventScroll: true });
}

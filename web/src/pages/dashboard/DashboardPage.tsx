import { Stack } from "@mantine/core";
import { lazy, Suspense } from "react";
import { FailingTools } from "./FailingTools";
import { Figures } from "./Figures";
import { StatusSentence } from "./StatusSentence";
import { WaitingReviews } from "./WaitingReviews";

const AutomaticDecisions = lazy(async () => ({ default: (await import("@/pages/settings/AutomaticDecisions")).AutomaticDecisions }));

/** Is all well, does anything wait? */
export function DashboardPage() {
  return (
    <Stack gap={0}>
      <StatusSentence />
      <WaitingReviews />
      <Suspense fallback={null}>
        <AutomaticDecisions isShort />
      </Suspense>
      <Figures />
      <FailingTools />
    </Stack>
  );
}

import { Stack } from "@mantine/core";
import { AutomaticDecisions } from "@/pages/settings/AutomaticDecisions";
import { FailingTools } from "./FailingTools";
import { Figures } from "./Figures";
import { StatusSentence } from "./StatusSentence";
import { WaitingReviews } from "./WaitingReviews";

/** Is all well, does anything wait? */
export function DashboardPage() {
  return (
    <Stack gap={0}>
      <StatusSentence />
      <WaitingReviews />
      <AutomaticDecisions isShort />
      <Figures />
      <FailingTools />
    </Stack>
  );
}

import { Stack } from "@mantine/core";
import { useSettings } from "@/api/coming";
import { AutomaticDecisions } from "@/pages/settings/AutomaticDecisions";
import { FailingTools } from "./FailingTools";
import { Figures } from "./Figures";
import { StatusSentence } from "./StatusSentence";
import { WaitingReviews } from "./WaitingReviews";

/** Is all well, does anything wait? */
export function DashboardPage() {
  const { auto_approval: rules } = useSettings();
  return (
    <Stack gap={0}>
      <StatusSentence />
      <WaitingReviews />
      {rules && <AutomaticDecisions isShort />}
      <Figures />
      <FailingTools />
    </Stack>
  );
}

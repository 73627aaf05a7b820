import { lazy, Suspense } from "react";
import { useSettings } from "@/api/settings";
import { PageHeader } from "@/components/PageHeader";
import { PageSkeleton } from "@/components/PageSkeleton";
import { SubNav } from "@/components/SubNav";
import { SettingsForm } from "./SettingsForm";

const Rules = lazy(async () => ({ default: (await import("./Rules")).Rules }));
const AutomaticDecisions = lazy(async () => ({ default: (await import("./AutomaticDecisions")).AutomaticDecisions }));

/** What the box allows, in sentences. */
export function SettingsPage() {
  const settings = useSettings();
  return (
    <>
      <PageHeader title="Settings">What holds for the whole box. Each sentence says what it changes.</PageHeader>
      <SubNav root="/settings" label="Settings" />
      <SettingsForm settings={settings} />
      <Suspense fallback={<PageSkeleton lines={3} />}>
        <Rules settings={settings} />
        <AutomaticDecisions />
      </Suspense>
    </>
  );
}

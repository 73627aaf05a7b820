import { useSettings } from "@/api/coming";
import { PageHeader } from "@/components/PageHeader";
import { SubNav } from "@/components/SubNav";
import { AutomaticDecisions } from "./AutomaticDecisions";
import { Rules } from "./Rules";
import { SettingsForm } from "./SettingsForm";

/** What the box allows, in sentences. */
export function SettingsPage() {
  const settings = useSettings();
  return (
    <>
      <PageHeader title="Settings">What holds for the whole box. Each sentence says what it changes.</PageHeader>
      <SubNav root="/settings" label="Settings" />
      <SettingsForm settings={settings} />
      {settings.auto_approval && (
        <>
          <Rules settings={settings} />
          <AutomaticDecisions />
        </>
      )}
    </>
  );
}

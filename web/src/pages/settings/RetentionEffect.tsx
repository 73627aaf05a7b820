import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { api } from "@/api/client";
import { counted } from "@/components/numbers";

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const DAY_MS = 86_400_000;

/** How many of the runs that are there a number of days would delete. */
export function RetentionEffect({ days }: { days: number | undefined }) {
  const [asked] = useDebouncedValue(days ?? 3_650, 300);
  const begin = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - asked * DAY_MS);
  const all = api.useQuery("get", "/api/calls/counts", {}).data;
  const kept = api.useQuery("get", "/api/calls/counts", { params: { query: { since: begin.toISOString() } } }, { placeholderData: keepPreviousData }).data;
  if (days === undefined || !all || !kept) return "Older runs are deleted by themselves.";
  const gone = Math.max(0, all.total - kept.total);
  const what = gone === 0 ? "none of them is older" : `${counted(gone, "run")} from before ${date.format(begin)} will be deleted, but not the tests of open reviews`;
  return `There are ${counted(all.total, "run")} now: ${what}.`;
}

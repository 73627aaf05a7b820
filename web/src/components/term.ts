/** Until when a grant counts, as a field keeps it: empty for good, days from the moment it is granted, or a date. */
export const TERMS = [
  { value: "", label: "Until it is revoked" },
  { value: "1", label: "For a day" },
  { value: "7", label: "For a week" },
  { value: "30", label: "For 30 days" },
  { value: "-", label: "Until a date" },
] as const;

const DAY_MS = 86_400_000;
const isDate = (term: string) => /^\d{4}-\d{2}-\d{2}$/.test(term);

/** Which of the choices it is. */
export const choiceOf = (term: string): string => (isDate(term) ? "-" : term);

/** Whether it says when. */
export const isWhole = (term: string): boolean => term !== "-";

/** As the API takes it; undefined for one without end. A date counts to its last second, where the reader is. */
export function expiresAt(term: string, now = new Date()): string | undefined {
  if (term === "" || !isWhole(term)) return undefined;
  return (isDate(term) ? new Date(`${term}T23:59:59`) : new Date(now.getTime() + Number(term) * DAY_MS)).toISOString();
}

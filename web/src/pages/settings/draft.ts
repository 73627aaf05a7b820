import type { Settings } from "@/api/settings";

const MIB = 1024 * 1024;

/** What the form holds: the words of its fields, only those that were changed. */
export interface Draft {
  draft_testing?: Settings["draft_testing"];
  remote_delete?: boolean;
  code_mode?: boolean;
  log_retention_days?: string;
  open_requests_per_client?: string;
  timeout_s?: string;
  cpu_s?: string;
  memory_mib?: string;
  versions_kept?: string;
  runs_mb_per_tool?: string;
  reserve_mb?: string;
}

interface Bounds {
  of: (settings: Settings) => number;
  least: number;
  most: number;
}

/** The numbers among the settings, in the units of the form, with what the server takes. */
export const NUMBERS = {
  log_retention_days: { of: ({ log_retention_days: days }) => days, least: 1, most: 3_650 },
  open_requests_per_client: { of: ({ open_requests_per_client: most }) => most, least: 1, most: 10_000 },
  timeout_s: { of: ({ default_limits: limits }) => limits.timeout_ms / 1_000, least: 0.1, most: 600 },
  cpu_s: { of: ({ default_limits: limits }) => limits.cpu_ms / 1_000, least: 0.1, most: 600 },
  memory_mib: { of: ({ default_limits: limits }) => limits.memory_bytes / MIB, least: 32, most: 4_096 },
  versions_kept: { of: ({ storage }) => storage.versions_kept, least: 5, most: 10_000 },
  runs_mb_per_tool: { of: ({ storage }) => storage.runs_mb_per_tool, least: 1, most: 100_000 },
  reserve_mb: { of: ({ storage }) => storage.reserve_mb, least: 0, most: 1_000_000 },
} satisfies Record<string, Bounds>;

export type NumberField = keyof typeof NUMBERS;

/** What is wrong with a number, or nothing. */
export function complaint(field: NumberField, text: string): string | undefined {
  const { least, most } = NUMBERS[field];
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return "A number, please.";
  return value < least || value > most ? `From ${least} to ${most.toLocaleString("en")}.` : undefined;
}

/** The whole settings with the changes in them: the server replaces all of them, and what this page does not know stays. */
export function merged(settings: Settings, draft: Draft): Settings {
  const number = (field: NumberField) => (draft[field] === undefined ? NUMBERS[field].of(settings) : Number(draft[field]));
  const { draft_testing, remote_delete, code_mode, default_limits: limits } = settings;
  return {
    ...settings,
    draft_testing: draft.draft_testing ?? draft_testing,
    remote_delete: draft.remote_delete ?? remote_delete,
    code_mode: draft.code_mode ?? code_mode,
    log_retention_days: number("log_retention_days"),
    open_requests_per_client: number("open_requests_per_client"),
    default_limits: {
      ...limits,
      timeout_ms: Math.round(number("timeout_s") * 1_000),
      cpu_ms: Math.round(number("cpu_s") * 1_000),
      memory_bytes: Math.round(number("memory_mib") * MIB),
    },
    storage: {
      ...settings.storage,
      versions_kept: number("versions_kept"),
      runs_mb_per_tool: number("runs_mb_per_tool"),
      reserve_mb: number("reserve_mb"),
    },
  };
}

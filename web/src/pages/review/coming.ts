// What a server may tell of a review beyond the committed openapi.json: fields of newer servers, all optional, so that this
// page decides on what is there. When the schema has them, they go from here.
import { client, type Schema } from "@/api/client";

type Capability = Schema["Capability"];

/** What an approval must carry. */
export interface ApprovalNeeds {
  acknowledge: string[];
  tool_name?: string | null;
}

export interface NewGrant {
  capability: Capability;
  words: string;
  line?: number | null;
  justification?: string | null;
  can_live_without: boolean;
}

export interface ExistingGrant {
  capability: Capability;
  words: string;
  line?: number | null;
  expires_at?: string | null;
}

/** What is different between two states of a bundle. */
export interface Changes {
  since_version: number;
  version: number;
  fields: { field: string; diff: Schema["Diff"] }[];
  sentence: string;
}

export interface LastLook {
  seen_at: string;
  changes?: Changes | null;
}

export interface Comparison {
  example: string;
  run?: string | null;
  arguments: unknown;
  verdict: "same" | "changed" | "failed" | "not_run";
  differences: { part: string; before: string; after: string }[];
}

export interface Regression {
  state: "running" | "interrupted" | "same" | "changed" | "failed";
  against_number: number;
  comparisons: Comparison[];
}

export interface PastDecision {
  review_id: string;
  version?: number | null;
  state: Schema["ReviewState"];
  decided_by?: Schema["Actor"] | null;
  decided_at?: string | null;
  comment: string;
}

export interface Refusal {
  capability: Capability;
  reason: string;
}

/** Everything about a review. */
export type Detail = Schema["ReviewDetail"] & {
  approval_needs?: ApprovalNeeds;
  grants?: { new: NewGrant[]; existing: ExistingGrant[] };
  last_look?: LastLook | null;
  history?: PastDecision[];
  regression?: Regression | null;
};

/** A test run, with what makes it evidence. */
export type Run = Schema["CallRecord"] & { trial?: { purpose: "author" | "reviewer" | "regression"; mocked: boolean } | null; logs?: string[] };

/** What a server says to a decision that came too late. */
export type Conflict = Schema["Problem"] & { changes?: Changes | null; decided?: { by: Schema["Actor"]; at: string; comment: string } | null };

export interface FirstRuns {
  is_revocable: boolean;
  runs: Schema["CallRecord"][];
  total: number;
  failed: number;
}

/** Calls a path that the committed schema does not know yet. */
export async function ask<Answer>(method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
  const call = client[method] as unknown as (path: string, init: { body?: object }) => Promise<{ data?: Answer }>;
  return (await call(path, body ? { body } : {})).data as Answer;
}

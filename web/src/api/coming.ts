// Parts of the API that this build's openapi.json does not have yet, as they will be there; whoever asks for them first looks
// whether the settings of the server know `auto_approval`, which comes with them.
import type { OpenapiQueryClient } from "openapi-react-query";
import { api, type Schema } from "./client";

export type RuleName = "pure_compute" | "granted_get" | "identical";

export interface RulePreview {
  rule: RuleName;
  is_on: boolean;
  would_approve: number;
  against_a_human: number;
  reviews: { review_id: string; tool: string; version: number; created_at: string; state: Schema["ReviewState"]; would_approve: boolean; because: string[] }[];
}

export interface AutomaticDecision {
  review_id: string;
  tool_id?: string | null;
  tool: string;
  version?: number | null;
  rule: string;
  inputs: unknown;
  at: string;
  is_revoked: boolean;
}

export interface DecisionLog {
  since: string;
  admins: { admin: string; approved: number; rejected: number; median_review_seconds?: number | null; hasty_share?: number | null; without_look: number; revoked_later: number }[];
  automatic: { approved: number; revoked_later: number };
  is_cut: boolean;
}

type Answer<Body> = { 200: { headers: Record<string, unknown>; content: { "application/json": Body } }; default: { headers: Record<string, unknown>; content: { "application/problem+json": Schema["Problem"] } } };
type Get<Query, Body> = { parameters: { query?: Query }; get: { parameters: { query?: Query }; responses: Answer<Body> } };

interface ComingPaths {
  "/api/policy/preview": Get<{ days?: number }, { since: string; reviews: number; rules: RulePreview[] }>;
  "/api/policy/decisions": Get<{ page?: number; page_size?: number }, { items: AutomaticDecision[]; total: number; page: number; page_size: number; pages: number }>;
  "/api/audit/decisions": Get<{ days?: number }, DecisionLog>;
  "/api/reviews/{id}/revoke": { post: { parameters: { path: { id: string } }; requestBody?: { content: { "application/json": { comment?: string } } }; responses: Answer<unknown> } };
}

export const comingApi = api as unknown as OpenapiQueryClient<ComingPaths>;

type Coming = { auto_approval?: Partial<Record<RuleName, boolean>>; code_mode?: boolean; open_requests_per_client?: number };
/** Settings with what is coming; a field that the server does not know is absent. */
export type Settings = Schema["Settings"] & Coming;

/** The settings in force. */
export function useSettings(): Settings {
  return api.useSuspenseQuery("get", "/api/settings").data;
}

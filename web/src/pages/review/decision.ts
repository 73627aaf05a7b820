import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, type Schema } from "@/api/client";
import { Problem } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { capabilityKey } from "@/components/capability";
import { expiresAt } from "@/components/term";
import { blocked, type Draft, goesBack, missing, refusals } from "./model";
import type { Shown } from "./shown";

type Capability = Schema["Capability"];

export interface Decision extends Draft {
  comment: string;
  setComment: (comment: string) => void;
  setTyped: (typed: string) => void;
  tick: (id: string, isTicked: boolean) => void;
  /** Refuses a capability with a reason, or takes the refusal back with undefined. */
  refuse: (capability: Capability, reason: string | undefined) => void;
  /** Grants a capability for a time; undefined for good. */
  limit: (capability: Capability, term: string | undefined) => void;
  /** What is refused is more than the tool can do without: approving sends it back. */
  goesBack: boolean;
  /** Why approving does nothing now; undefined when it would. */
  whyNotApprove: string | undefined;
  /** Why nothing can be decided at all. */
  whyReadOnly: string | undefined;
  approve: () => void;
  sendBack: () => void;
  isBusy: "approve" | "reject" | undefined;
  error: unknown;
  /** The server refused because something changed, or somebody decided. */
  conflict: Schema["Problem"] | undefined;
  /** Takes the review as it is now in place of what is on screen. */
  resolve: () => Promise<void>;
}

const EMPTY: Draft = { ticked: new Set(), typed: "", refused: new Map(), terms: new Map() };

/** The decision in the making: what was ticked, typed and refused, and the way to the server. It names the hash on screen. */
export function useDecision({ detail, newer, take }: Shown): Decision {
  const { id, content_hash } = detail.review;
  const [draft, setDraft] = useState(EMPTY);
  const [comment, setComment] = useState("");
  const queries = useQueryClient();
  const approve = api.useMutation("post", "/api/reviews/{id}/approve");
  const reject = api.useMutation("post", "/api/reviews/{id}/reject");
  const isSent = useRef(false);
  const change = (make: (old: Draft) => Partial<Draft>) => setDraft((old) => ({ ...old, ...make(old) }));
  const offline = useWhyReadOnly();
  const whyReadOnly = offline ?? (newer && "This review changed while you read it. Look at what changed first.");
  const isBack = goesBack(detail, draft);
  const whyNotApprove = whyReadOnly ?? (isBack ? undefined : blocked(detail)) ?? missing(detail, draft);
  const error = approve.error ?? reject.error;
  const conflict = error instanceof Problem && error.status === 409 ? error.details : undefined;
  const params = { path: { id } };

  // Two clicks can come before the first is drawn: one decision all the same.
  const send = async (decide: () => Promise<unknown>) => {
    if (isSent.current) return;
    isSent.current = true;
    approve.reset();
    reject.reset();
    // The mutation keeps the error for the bar. What an approval needs may be other than what is on screen: it is read anew.
    await decide().catch(() => undefined);
    await queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/reviews") });
    isSent.current = false;
  };
  const approval = () => ({
    content_hash,
    comment: comment.trim(),
    acknowledged: detail.approval_needs.acknowledge.filter((each) => draft.ticked.has(each)),
    tool_name: detail.approval_needs.tool_name ? draft.typed.trim() : undefined,
    refused: refusals(detail, draft),
    terms: detail.grants.new.flatMap(({ capability }) => {
      const key = capabilityKey(capability);
      const end = draft.refused.has(key) ? undefined : expiresAt(draft.terms.get(key) ?? "");
      return end ? [{ capability, expires_at: end }] : [];
    }),
  });
  return {
    ...draft, comment, setComment, whyNotApprove, whyReadOnly, error, conflict, goesBack: isBack,
    setTyped: (typed) => change(() => ({ typed })),
    tick: (finding, isTicked) => change(({ ticked }) => ({ ticked: new Set(isTicked ? [...ticked, finding] : [...ticked].filter((each) => each !== finding)) })),
    refuse: (capability, reason) => change(({ refused }) => ({ refused: put(refused, capability, reason) })),
    limit: (capability, term) => change(({ terms }) => ({ terms: put(terms, capability, term) })),
    approve: () => void (whyNotApprove === undefined && send(() => approve.mutateAsync({ params, body: approval() }))),
    sendBack: () => void (whyReadOnly === undefined && comment.trim() !== "" && send(() => reject.mutateAsync({ params, body: { content_hash, comment: comment.trim() } }))),
    isBusy: approve.isPending ? "approve" : reject.isPending ? "reject" : undefined,
    resolve: async () => {
      const options = api.queryOptions("get", "/api/reviews/{id}", { params });
      const latest = await queries.fetchQuery({ ...options, staleTime: 0 }).catch(() => undefined);
      if (!latest) return; // out of reach: what stands here stays true
      approve.reset();
      reject.reset();
      // What was ticked and typed was about other code.
      setDraft(EMPTY);
      take(latest, conflict?.changes);
    },
  };
}

function put(old: ReadonlyMap<string, string>, capability: Capability, text: string | undefined): ReadonlyMap<string, string> {
  const key = capabilityKey(capability);
  const rest = [...old].filter(([each]) => each !== key);
  return new Map(text === undefined ? rest : [...rest, [key, text]]);
}

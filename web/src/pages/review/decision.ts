import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api } from "@/api/client";
import { Problem } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import type { Changes, Conflict, Refusal } from "./coming";
import { blocked, type Draft, type Friction, frictionOf, missing } from "./model";
import type { Shown } from "./shown";

export interface Decision extends Draft {
  friction: Friction;
  comment: string;
  setComment: (comment: string) => void;
  setTyped: (typed: string) => void;
  tick: (id: string, isTicked: boolean) => void;
  /** Refuses a capability with a reason, or takes the refusal back with undefined. */
  refuse: (refusal: Refusal, isRefused: boolean) => void;
  /** Why approving does nothing now; undefined when it would. */
  whyNotApprove: string | undefined;
  /** Why nothing can be decided at all. */
  whyReadOnly: string | undefined;
  approve: () => void;
  sendBack: () => void;
  isBusy: "approve" | "reject" | undefined;
  error: unknown;
  /** The server refused because something changed, or somebody decided. */
  conflict: Conflict | undefined;
  /** What the server said has changed, once the newer one was taken. */
  changes: Changes | undefined;
  /** Takes the review as it is now in place of what is on screen. */
  resolve: () => Promise<void>;
}

/** The decision in the making: what was ticked, typed and refused, and the way to the server. It names the hash on screen. */
export function useDecision({ detail, newer, take }: Shown): Decision {
  const { id, content_hash } = detail.review;
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [typed, setTyped] = useState("");
  const [comment, setComment] = useState("");
  const [refused, setRefused] = useState<readonly Refusal[]>([]);
  const queries = useQueryClient();
  const approve = api.useMutation("post", "/api/reviews/{id}/approve");
  const reject = api.useMutation("post", "/api/reviews/{id}/reject");
  const [changes, setChanges] = useState<Changes>();
  const isSent = useRef(false);
  const offline = useWhyReadOnly();
  const friction = frictionOf(detail);
  const stale = newer && "This review changed while you read it. Look at what changed first.";
  const whyReadOnly = offline ?? stale;
  const whyNotApprove = whyReadOnly ?? blocked(detail) ?? missing(friction, { ticked, typed, refused });
  const error = approve.error ?? reject.error;
  const isConflict = error instanceof Problem && error.status === 409;

  // Two clicks can come before the first is drawn: one decision all the same.
  const send = async (mutation: { mutateAsync: (init: never) => Promise<unknown> }, body: object) => {
    if (isSent.current) return;
    isSent.current = true;
    approve.reset();
    reject.reset();
    try {
      await mutation.mutateAsync({ params: { path: { id } }, body: { content_hash, comment: comment.trim(), ...body } } as never);
      await queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/reviews") });
    } catch {
      // The mutation keeps the error for the bar.
    } finally {
      isSent.current = false;
    }
  };
  const proof = detail.approval_needs && { acknowledged: friction.toTick.filter((each) => ticked.has(each)), refused, ...(friction.toType !== undefined && { tool_name: typed.trim() }) };
  return {
    friction, ticked, typed, refused, comment, setComment, setTyped, whyNotApprove, whyReadOnly,
    tick: (finding, isTicked) => setTicked((old) => new Set(isTicked ? [...old, finding] : [...old].filter((each) => each !== finding))),
    refuse: (refusal, isRefused) => setRefused((old) => [...old.filter((each) => !isSameCapability(each.capability, refusal.capability)), ...(isRefused ? [refusal] : [])]),
    approve: () => void (whyNotApprove === undefined && send(approve, proof ?? {})),
    sendBack: () => void (whyReadOnly === undefined && comment.trim() !== "" && send(reject, {})),
    isBusy: approve.isPending ? "approve" : reject.isPending ? "reject" : undefined,
    error,
    conflict: isConflict ? error.details : undefined,
    changes,
    resolve: async () => {
      const options = api.queryOptions("get", "/api/reviews/{id}", { params: { path: { id } } });
      setChanges((isConflict && (error.details as Conflict).changes) || undefined);
      const latest = await queries.fetchQuery({ ...options, staleTime: 0 }).catch(() => undefined);
      if (!latest) return; // out of reach: what stands here stays true
      setChanges((isConflict && (error.details as Conflict).changes) || undefined);
      approve.reset();
      reject.reset();
      // What was ticked and typed was about other code.
      setTicked(new Set());
      setTyped("");
      setRefused([]);
      take(latest);
    },
  };
}

/** Answers that come again are new objects. */
export const isSameCapability = (a: Refusal["capability"], b: Refusal["capability"]): boolean => JSON.stringify(a) === JSON.stringify(b);

import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Detail } from "@/pages/review/model";
import { useShown } from "@/pages/review/shown";

const changes = (sentence: string) => ({ sentence, fields: [] });
const state = (content_hash: string, last_look?: object) => ({ review: { content_hash }, last_look }) as unknown as Detail;
const show = (detail: Detail) => renderHook(({ latest }) => useShown(latest), { initialProps: { latest: detail } });

it("what is on screen stays until the newer one is taken, and then says what changed", () => {
  const { result, rerender } = show(state("a"));
  const newer = state("b", { seen_at: "now", content_hash: "a", changes: changes("the code changed") });
  rerender({ latest: newer });
  expect([result.current.detail.review.content_hash, result.current.newer]).toEqual(["a", newer]);
  act(() => result.current.take(newer));
  expect([result.current.detail, result.current.newer, result.current.hasTaken]).toEqual([newer, undefined, true]);
  expect(result.current.since).toEqual({ changes: changes("the code changed") });
});

it("opening the page is a look too, and does not make one forget what changed since the one before", () => {
  const { result, rerender } = show(state("b", { seen_at: "yesterday", content_hash: "a", changes: changes("the code changed") }));
  rerender({ latest: state("b", { seen_at: "now", content_hash: "b" }) });
  expect(result.current.since).toEqual({ changes: changes("the code changed"), seenAt: "yesterday" });
});

it("what the server says of a decision that came too late comes first; read elsewhere already, there is nothing to tell", () => {
  const late = show(state("a"));
  act(() => late.result.current.take(state("b"), changes("it asks for more") as never));
  expect(late.result.current.since?.changes.sentence).toBe("it asks for more");
  const elsewhere = show(state("a"));
  act(() => elsewhere.result.current.take(state("b", { seen_at: "now", content_hash: "b" })));
  expect([elsewhere.result.current.since, elsewhere.result.current.hasTaken]).toEqual([undefined, true]);
});

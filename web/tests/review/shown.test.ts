import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Detail } from "@/pages/review/coming";
import { useShown } from "@/pages/review/shown";

const state = (content_hash: string, look?: string) => ({ review: { content_hash }, last_look: look && { seen_at: look } }) as unknown as Detail;

it("what is on screen stays until the newer one is taken, and then says what it replaced", () => {
  const [old, newer] = [state("a", "yesterday"), state("b", "now")];
  const { result, rerender } = renderHook(({ latest }) => useShown(latest), { initialProps: { latest: old } });
  rerender({ latest: state("a", "now") });
  expect(result.current.detail.last_look?.seen_at).toBe("yesterday");
  rerender({ latest: newer });
  expect([result.current.detail.review.content_hash, result.current.newer]).toEqual(["a", newer]);
  act(() => result.current.take(newer));
  expect([result.current.detail.review.content_hash, result.current.newer, result.current.before?.review.content_hash]).toEqual(["b", undefined, "a"]);
});

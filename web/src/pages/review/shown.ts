import { useState } from "react";
import type { Detail } from "./coming";

/** A review as it is on screen, which stays until the reader takes the newer one: what is decided is what was read. */
export interface Shown {
  detail: Detail;
  /** Something newer than what is on screen. */
  newer: Detail | undefined;
  /** What was on screen before the newer one was taken. */
  before: Detail | undefined;
  /** Takes a newer one. */
  take: (newer: Detail) => void;
}

export function useShown(latest: Detail): Shown {
  const [held, hold] = useState<{ detail: Detail; before?: Detail }>({ detail: latest });
  const isSame = held.detail.review.content_hash === latest.review.content_hash;
  // The look before this one stays what it was when the page opened: opening the page is a look too.
  const detail = isSame ? { ...latest, last_look: held.detail.last_look } : held.detail;
  return {
    detail,
    newer: isSame ? undefined : latest,
    before: held.before,
    take: (taken) => hold(({ detail: old }) => (taken.review.content_hash === old.review.content_hash ? { detail: taken } : { detail: taken, before: old })),
  };
}

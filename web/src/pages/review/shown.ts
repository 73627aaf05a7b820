import { useState } from "react";
import type { Schema } from "@/api/client";
import type { Detail } from "./model";

/** What is different to what the reader saw before. */
export interface Since {
  changes: Schema["Changes"];
  /** When they saw it; absent when it was on this screen. */
  seenAt?: string;
}

/** A review as it is on screen, which stays until the reader takes the newer one: what is decided is what was read. */
export interface Shown {
  detail: Detail;
  /** Something newer than what is on screen. */
  newer: Detail | undefined;
  since: Since | undefined;
  /** Whether a newer one took the place of what was on screen. */
  hasTaken: boolean;
  /** Takes a newer one, with what the server said has changed. */
  take: (newer: Detail, changes?: Schema["Changes"] | null) => void;
}

export function useShown(latest: Detail): Shown {
  const [held, hold] = useState(() => ({ detail: latest, since: sinceRead(latest), hasTaken: false }));
  const isSame = held.detail.review.content_hash === latest.review.content_hash;
  return {
    // What was read before stays what it was when the page opened: opening the page is a look too.
    detail: isSame ? latest : held.detail,
    newer: isSame ? undefined : latest,
    since: held.since,
    hasTaken: held.hasTaken,
    take: (taken, changes) =>
      hold((old) =>
        taken.review.content_hash === old.detail.review.content_hash
          ? { ...old, detail: taken }
          : { detail: taken, since: changes ? { changes } : onScreen(taken, old.detail), hasTaken: true },
      ),
  };
}

const sinceRead = ({ last_look: look }: Detail): Since | undefined => (look?.changes ? { changes: look.changes, seenAt: look.seen_at } : undefined);

/** What changed against what was on screen, when that is what the reader read last. */
const onScreen = (taken: Detail, old: Detail): Since | undefined =>
  taken.last_look?.changes && taken.last_look.content_hash === old.review.content_hash ? { changes: taken.last_look.changes } : sinceRead(taken);

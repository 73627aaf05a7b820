import { lazy, Suspense } from "react";
import type { MoreProps } from "./MoreMenu";

const MoreMenu = lazy(() => import("./MoreMenu"));

/** The menu of what else one can do; it comes after what the page is about. */
export function More(props: MoreProps) {
  return (
    <Suspense fallback={<span style={{ width: 40, height: 40 }} />}>
      <MoreMenu {...props} />
    </Suspense>
  );
}

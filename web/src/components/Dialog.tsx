import type { ModalProps } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useEver } from "./useEver";

const Modal = lazy(() => import("./Modal").then(({ Modal: component }) => ({ default: component })));

/** A dialog over the page. What shows it is loaded when one first opens, so that no page waits for it. */
export function Dialog(props: ModalProps) {
  if (!useEver(props.opened)) return null;
  return (
    <Suspense fallback={null}>
      <Modal {...props} />
    </Suspense>
  );
}

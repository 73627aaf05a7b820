import { useState } from "react";

/** Whether it was so once: what was opened stays mounted, so that it closes as it opened. */
export function useEver(isNow: boolean): boolean {
  const [was, setWas] = useState(isNow);
  if (isNow && !was) setWas(true);
  return was;
}

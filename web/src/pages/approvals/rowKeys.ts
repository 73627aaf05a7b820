import { useCommands } from "@/shell/commands";

const links = () => [...document.querySelectorAll<HTMLElement>("tr[data-row] a")];

/** `j` and `k` go from row to row, `x` ticks the one that has the focus. */
export function useRowKeys(toggle: (key: string) => void): void {
  const step = (by: number) => {
    const all = links();
    const row = document.activeElement?.closest("tr[data-row]");
    const at = all.findIndex((link) => row?.contains(link));
    all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
  };
  const tick = () => {
    const row = document.activeElement?.closest<HTMLElement>("tr[data-row]");
    if (row?.dataset.row) toggle(row.dataset.row);
  };
  useCommands([
    { id: "row-next", label: "Next review", group: "List", keys: "j", run: () => step(1) },
    { id: "row-previous", label: "Previous review", group: "List", keys: "k", run: () => step(-1) },
    { id: "row-tick", label: "Select the review", group: "List", keys: "x", run: tick },
  ]);
}

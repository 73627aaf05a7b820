const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat("en");
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `12,345`, and `1.2M` from a million on. */
export const count = (value: number): string => (value < 1_000_000 ? plain.format(value) : compact.format(value));

/** `1 tool`, `2 tools`. */
export const counted = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** A sentence of the server, which begins small, as it stands alone. */
export const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A part of a whole as people say it: `0 %`, `< 1 %`, `12 %`. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const percent = (part / whole) * 100;
  return percent < 1 ? "< 1 %" : percent > 99 && part < whole ? "> 99 %" : `${Math.round(percent)} %`;
}

/** `64 MiB`. */
export function bytes(value: number): string {
  let unit = 0;
  let left = value;
  while (left >= 1024 && unit < UNITS.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(left) || left >= 10 ? Math.round(left) : left.toFixed(1)} ${UNITS[unit]}`;
}

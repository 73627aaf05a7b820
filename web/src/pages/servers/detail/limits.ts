import type { Limits } from "@/components/run";

interface LimitField {
  key: keyof Limits;
  label: string;
  unit: string;
  /** How many of the API's units one of ours is. */
  factor: number;
  min: number;
  max: number;
}

const MIB = 1_048_576;

/** The limits in the units people think in. */
export const LIMITS: readonly LimitField[] = [
  { key: "timeout_ms", label: "Longest call", unit: "seconds", factor: 1_000, min: 0.1, max: 600 },
  { key: "cpu_ms", label: "Computing time", unit: "seconds", factor: 1_000, min: 0.1, max: 600 },
  { key: "memory_bytes", label: "Memory", unit: "MiB", factor: MIB, min: 32, max: 4_096 },
  { key: "result_bytes", label: "Result", unit: "KiB", factor: 1_024, min: 1, max: 16_384 },
  { key: "stdout_bytes", label: "Printed text", unit: "KiB", factor: 1_024, min: 1, max: 16_384 },
];

type LimitTexts = Record<keyof Limits, string>;

/** As they stand in the fields. */
export const limitTexts = (limits: Limits): LimitTexts => Object.fromEntries(LIMITS.map(({ key, factor }) => [key, String(Math.round((limits[key] / factor) * 1_000) / 1_000)])) as LimitTexts;

/** Why a field's text is no limit, or undefined. */
export function whyNoLimit({ min, max, unit }: LimitField, text: string): string | undefined {
  const value = Number(text.replace(",", "."));
  if (text.trim() === "" || !Number.isFinite(value)) return "A number.";
  return value < min || value > max ? `From ${min} to ${max.toLocaleString("en")} ${unit}.` : undefined;
}

/** The texts as the API takes them; undefined while one is wrong. */
export function parseLimits(texts: LimitTexts): Limits | undefined {
  if (LIMITS.some((field) => whyNoLimit(field, texts[field.key]))) return undefined;
  return Object.fromEntries(LIMITS.map(({ key, factor }) => [key, Math.round(Number(texts[key].replace(",", ".")) * factor)])) as unknown as Limits;
}

import type { Schema } from "@/api/client";

type Entry = Schema["Entry"];

/** Which function of a tool ran, in words; none for the tool itself. */
export const functionWords = (entry: Entry | undefined): string | undefined => (!entry || entry.kind === "main" ? undefined : `${entry.kind === "prompt" ? "Prompt" : "Resource"} ${entry.function}`);

/** The same as a request names it. */
export const functionAsked = (entry: Entry | undefined): { prompt?: string; resource?: string } => (!entry || entry.kind === "main" ? {} : { [entry.kind]: entry.function });

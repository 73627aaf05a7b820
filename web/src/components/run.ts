import type { Schema } from "@/api/client";

/** A content block of a result as it can be shown. */
export type Block = { kind: "text"; text: string } | { kind: "image"; source: string } | { kind: "other"; what: string };

// Pictures that are nothing but pictures; a browser runs no script in them.
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const BASE64 = /^[A-Za-z0-9+/=\s]*$/;

/** MCP content as blocks to show; what is not understood is named. */
export function blocks(content: readonly unknown[]): Block[] {
  return content.map((block): Block => {
    const { type, text, data, mimeType } = (typeof block === "object" && block !== null ? block : {}) as Record<string, unknown>;
    if (type === "text" && typeof text === "string") return { kind: "text", text };
    if (type === "image" && typeof data === "string" && typeof mimeType === "string") {
      if (IMAGES.has(mimeType) && BASE64.test(data)) return { kind: "image", source: `data:${mimeType};base64,${data.replace(/\s/g, "")}` };
      return { kind: "other", what: `An image of the type ${mimeType}, which is not shown.` };
    }
    return { kind: "other", what: JSON.stringify(block, null, 2) };
  });
}

/** What a run did, in a sentence. */
export function observedSentence({ hosts, modules, secrets }: Schema["Observed"]): string {
  const tried = [...new Set(hosts.map(({ host }) => host))];
  const parts = [
    tried.length === 0 ? "reached for no host" : `reached for ${tried.join(", ")}`,
    secrets.length > 0 && `read ${secrets.join(", ")}`,
    modules.length > 0 && `imported ${modules.join(", ")}`,
  ].filter(Boolean);
  return `It ${parts.join("; ")}.`;
}

export type Limits = Schema["Limits"];

/** The runs that would break these limits, by what they used. */
export function wouldBreak(runs: readonly Schema["CallRecord"][], limits: Limits): Schema["CallRecord"][] {
  return runs.filter(({ observed }) => observed.duration_us / 1_000 > limits.timeout_ms || observed.cpu_us / 1_000 > limits.cpu_ms || observed.peak_memory_bytes > limits.memory_bytes);
}

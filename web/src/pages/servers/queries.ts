import { useParams } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";

/** Rows that the API gives at once, at most. */
export const MOST = 100;

export type ToolItem = Schema["ToolSummary"];

/** What the address names: a server's name or id. */
const useServerId = (): string => useParams({ strict: false, select: ({ id }) => id ?? "" });

/** The server that the address names. */
export function useServer() {
  const id = useServerId();
  return api.useSuspenseQuery("get", "/api/servers/{id}", { params: { path: { id } } }).data;
}

/** The tools of a server, the first hundred. */
export function useTools(server: string) {
  return api.useSuspenseQuery("get", "/api/servers/{id}/tools", { params: { path: { id: server }, query: { page_size: MOST } } }).data;
}

/** The name of a tool within its server. */
export const shortName = (published: string): string => published.slice(published.indexOf("__") + 2);

/** The first line of a description; a list shows no more. */
export const firstLine = (text: string): string => text.trimStart().split("\n", 1)[0] ?? "";

/** The version that calls run; undefined while none was approved. */
export const liveVersion = (tool: Schema["ToolDetail"]): Schema["Version"] | undefined => tool.live ?? (tool.newest.id === tool.live_version ? tool.newest : undefined);

/** Where a tool's page is. */
export function toolLink(published: string) {
  const at = published.indexOf("__");
  return { to: "/servers/$id/tools/$tool", params: { id: published.slice(0, at), tool: published.slice(at + 2) } } as const;
}

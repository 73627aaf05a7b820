import { useMemo } from "react";
import { api } from "@/api/client";
import { useAll } from "@/api/all";
import { type SecretRow, secretRows } from "./readers";

/** Every secret of the box with its readers, or those of one server; what wants a value is first. */
export function useSecretRows(server?: string): SecretRow[] {
  const secrets = useAll("/api/secrets");
  const grants = useAll("/api/grants", { state: "approved" });
  const tools = useAll("/api/tools");
  return useMemo(() => secretRows(secrets, grants, tools).filter((row) => !server || row.server === server), [secrets, grants, tools, server]);
}

/** The names of all servers. */
export function useServerNames(): string[] {
  return api.useSuspenseQuery("get", "/api/servers", { params: { query: { page_size: 100 } } }).data.items.map(({ name }) => name);
}

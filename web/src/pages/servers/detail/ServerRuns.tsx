import { useNavigate, useSearch } from "@tanstack/react-router";
import { useServer } from "../queries";
import { Runs } from "../Runs";

/** What its tools did. */
export function ServerRuns() {
  const server = useServer();
  const search = useSearch({ from: "/shell/servers/$id/logs" });
  const navigate = useNavigate({ from: "/servers/$id/logs" });
  return <Runs server={server.id} search={search} onSearch={(next) => void navigate({ search: next })} />;
}

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api } from "@/api/client";

/** Ends the session on the server and forgets here what it showed. */
export function useLogout() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return api.useMutation("delete", "/api/session", {
    onSuccess: async () => {
      await navigate({ to: "/login" });
      queries.clear();
    },
  });
}

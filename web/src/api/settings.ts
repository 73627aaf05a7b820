import { api, type Schema } from "./client";

/** The settings in force. What a server of another age has besides, or lacks, is handled by who shows it. */
export type Settings = Schema["Settings"] & { code_mode?: boolean; open_requests_per_client?: number };

export const useSettings = (): Settings => api.useSuspenseQuery("get", "/api/settings").data;

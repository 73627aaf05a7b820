import { api, type Schema } from "./client";

/** The settings in force. Who changes them may leave some out; the server tells all. */
export type Settings = Required<Schema["Settings"]>;

export const useSettings = (): Settings => api.useSuspenseQuery("get", "/api/settings").data as Settings;

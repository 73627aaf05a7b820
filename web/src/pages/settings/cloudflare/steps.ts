import { Check, Circle, CircleDashed, type LucideIcon, X } from "lucide-react";
import type { Schema } from "@/api/client";
import type { Tone } from "@/app/theme";

export type Setup = Schema["Setup"];
export type Step = Schema["Step"];

/** What each step is for, in the words of somebody who never saw Cloudflare. */
export const TITLES: Record<Step["name"], string> = {
  verify: "Look at the token and the account",
  tunnel: "A tunnel from this box to Cloudflare",
  vpc_service: "The gateway, as the Worker finds it through the tunnel",
  kv_namespace: "A store for clients and tokens",
  access_policy: "The list of people who may sign in",
  access_app: "The sign-in",
  front: "This MCPbox trusts the Worker",
  worker: "The Worker that clients talk to",
  check: "Look at it from outside",
};

export const PROGRESS: Record<Step["progress"], { label: string; tone: Tone; icon: LucideIcon }> = {
  open: { label: "To do", tone: "gray", icon: Circle },
  begun: { label: "Interrupted", tone: "warn", icon: CircleDashed },
  done: { label: "Done", tone: "ok", icon: Check },
  failed: { label: "Did not work", tone: "bad", icon: X },
};

/** What the API token must be allowed to do, as the dashboard words it. */
export const PERMISSIONS = [
  "Access: Apps and Policies – Edit",
  "Access: Organizations, Identity Providers, and Groups – Read",
  "Cloudflare Tunnel – Edit",
  "Connectivity Directory – Admin",
  "Workers Scripts – Edit",
  "Workers KV Storage – Edit",
];

export const next = ({ steps }: Setup): Step | undefined => steps.find(({ progress }) => progress !== "done");
export const last = ({ steps }: Setup): Step | undefined => steps.findLast(({ progress }) => progress !== "open");

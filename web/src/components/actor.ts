import type { Schema } from "@/api/client";

/** Who did it, and for whom: `laptop for anna`. */
export const actorName = ({ name, on_behalf_of }: Pick<Schema["Actor"], "name" | "on_behalf_of">): string => (on_behalf_of ? `${name} for ${on_behalf_of}` : name);

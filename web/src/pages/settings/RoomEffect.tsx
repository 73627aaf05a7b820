import { api } from "@/api/client";
import { counted } from "@/components/numbers";

const gigabytes = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** How much room there is now, and what was lost for want of it. */
export function RoomEffect() {
  const room = api.useQuery("get", "/api/storage", {}).data;
  if (!room) return "Published tools can be called all the same.";
  const free = room.free_bytes == null ? "The database is on another machine, which says itself when it is full" : `${gigabytes.format(room.free_bytes / 1e9)} GB are free now`;
  const lost = room.lost_records === 0 ? "" : ` ${counted(room.lost_records, "run")} could not be recorded since the start.`;
  return `${free}. Published tools can be called all the same.${lost}`;
}

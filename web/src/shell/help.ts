import { createDisclosure } from "./disclosure";

/** Whether the list of keys is open. */
export const help = createDisclosure();

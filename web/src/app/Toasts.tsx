import { Notifications } from "@mantine/notifications";

/** Where short messages appear; nothing waits for it to be loaded. */
export default function Toasts() {
  return <Notifications position="bottom-right" limit={3} />;
}

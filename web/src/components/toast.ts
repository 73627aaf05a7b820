/** Says for a moment that something was done. */
export function toast(message: string): void {
  void import("@mantine/notifications").then(({ notifications }) => notifications.show({ message, color: "ok", closeButtonProps: { "aria-label": "Close" } }));
}

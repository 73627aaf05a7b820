// A file of its own, so that it can be loaded by itself.
export { Modal } from "@mantine/core";

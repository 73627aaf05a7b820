import { Skeleton, Stack, VisuallyHidden } from "@mantine/core";

/** The shape of a page with a head and lines, while its first answer is on its way. */
export function PageSkeleton({ lines = 5 }: { lines?: number }) {
  return (
    <Stack gap={12} aria-busy="true">
      <VisuallyHidden role="status">Loading</VisuallyHidden>
      <Skeleton height={28} width={220} />
      <Skeleton height={16} width={360} maw="80%" mb={12} />
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={52} radius="md" />
      ))}
    </Stack>
  );
}

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { EmptyState } from "@/components/EmptyState";

/** For an address that no page has. */
export function NotFound() {
  return (
    <EmptyState
      isPage
      icon={Compass}
      title="There is no such page"
      action={
        <Button component={Link} to="/" variant="default">
          Go home
        </Button>
      }
    >
      The address may be mistyped, or what it showed was deleted.
    </EmptyState>
  );
}

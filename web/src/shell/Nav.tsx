import { Badge, NavLink, Stack } from "@mantine/core";
import { Link, useRouterState } from "@tanstack/react-router";
import { api } from "@/api/client";
import { type NavPage, useNavPages } from "./nav";

/** The main navigation. */
export function Nav() {
  const pages = useNavPages();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const matching = pages.filter(({ to }) => path === to || (to !== "/" && path.startsWith(`${to}/`)));
  // Of `/settings` and `/settings/modules` the closer one.
  const active = matching.sort((a, b) => b.to.length - a.to.length)[0];
  return (
    <nav aria-label="Main">
      <Stack gap={2}>
        {pages.map((page) => (
          <Entry key={page.to} page={page} isActive={page === active} />
        ))}
      </Stack>
    </nav>
  );
}

function Entry({ page, isActive }: { page: NavPage; isActive: boolean }) {
  const Icon = page.icon;
  return (
    <NavLink
      component={Link}
      to={page.to}
      // The router would mark every page above this one as well.
      activeOptions={{ exact: true }}
      label={page.label}
      active={isActive}
      aria-current={isActive ? "page" : undefined}
      color="brand"
      leftSection={<Icon size={18} aria-hidden="true" />}
      rightSection={page.to === "/approvals" ? <OpenReviews /> : undefined}
    />
  );
}

/** How much waits for a human. */
function OpenReviews() {
  const count = useOpenReviews();
  if (!count) return null;
  return (
    <Badge color="brand" size="md" variant="filled" aria-label={`${count} waiting`}>
      {count}
    </Badge>
  );
}

/** Number of open reviews; undefined until it is known. */
export function useOpenReviews(): number | undefined {
  return api.useQuery("get", "/api/reviews", { params: { query: { state: "open", page_size: 5 } } }).data?.total;
}

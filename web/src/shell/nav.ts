import { useRouter } from "@tanstack/react-router";
import { useMemo } from "react";
import { useMay } from "@/api/status";
import type { NavEntry } from "@/app/root";

export interface NavPage extends NavEntry {
  to: string;
}

/** The pages that stand in the navigation, in order. A page that is not built has no route and so no entry. */
export function useNavPages(): NavPage[] {
  const router = useRouter();
  const isAdmin = useMay("admin");
  return useMemo(() => {
    const routes = Object.values(router.routesById) as { fullPath: string; options: { staticData?: { nav?: NavEntry } } }[];
    return routes
      .flatMap(({ fullPath, options }) => (options.staticData?.nav ? [{ ...options.staticData.nav, to: fullPath }] : []))
      .filter(({ least }) => isAdmin || least !== "admin")
      .sort((a, b) => a.order - b.order);
  }, [router, isAdmin]);
}

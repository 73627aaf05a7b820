// All pages of the UI, as its own router knows them: what checks every page walks this list and never forgets one.
import type { Page } from "@playwright/test";

/** Addresses for the parameters of routes, by the name of the parameter; found in the box that is open. */
type Parameters = Record<string, string>;

/** Every page with a session, with an example in place of each parameter. A parameter without an example is an error. */
export async function allPages(page: Page): Promise<string[]> {
  const paths = await page.evaluate(() => {
    const { __TSR_ROUTER__: router } = window as unknown as { __TSR_ROUTER__: { routesById: Record<string, { fullPath: string; isRoot?: boolean; id: string; children?: unknown[] }> } };
    return [...new Set(Object.values(router.routesById).filter(({ id }) => id.startsWith("/shell/")).map(({ fullPath }) => fullPath))];
  });
  const examples = await parameters(page);
  return paths
    .filter((path) => path !== "/$" && path !== "/*")
    .flatMap((path) => {
      const names = [...path.matchAll(/\$(\w+)/g)].map(([, name = ""]) => name);
      const kind = path.split("/")[1] ?? "";
      return [names.reduce((filled, name) => filled.replace(`$${name}`, example(examples, kind, name, path)), path)];
    });
}

function example(examples: Parameters, kind: string, name: string, path: string): string {
  const found = examples[`${kind}/${name}`] ?? examples[name];
  if (!found) throw new Error(`support/routes.ts has no example for $${name} of ${path}: add one there`);
  return encodeURIComponent(found);
}

async function parameters(page: Page): Promise<Parameters> {
  return page.evaluate(async () => {
    const first = async (path: string) => ((await (await fetch(path)).json()) as { items: Record<string, string>[] }).items[0] ?? {};
    const [review, server] = [await first("/api/reviews?state=open"), await first("/api/servers")];
    const tool = await first(`/api/servers/${server.id}/tools`);
    const ids = { "approvals/id": review.id, review: review.id, reviewId: review.id, "servers/id": server.id, server: server.id, serverId: server.id, "tools/id": tool.id, tool: tool.id, toolId: tool.id };
    return Object.fromEntries(Object.entries(ids).filter((entry): entry is [string, string] => entry[1] !== undefined));
  });
}

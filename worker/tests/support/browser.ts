// A person with a browser: keeps cookies by host, follows redirects, and fills in forms.
import type { Answer, World } from "./world";

export class Browser {
  readonly #world: World;
  readonly #jar = new Map<string, Map<string, string>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Opens a page; redirects are followed until one leads to `stop`. */
  async open(address: string, stop = "", form?: URLSearchParams): Promise<Answer & { url: string }> {
    let url = address;
    let body = form;
    for (let hops = 0; hops < 20; hops++) {
      const answer = await this.#ask(url, body);
      const location = answer.headers.get("location");
      if (location === null || answer.status < 300 || answer.status >= 400) return { ...answer, url };
      url = new URL(location, url).href;
      if (stop !== "" && url.startsWith(stop)) return { ...answer, url };
      body = undefined;
    }
    throw new Error(`too many redirects, the last to ${url}`);
  }

  async #ask(url: string, form?: URLSearchParams): Promise<Answer> {
    const { origin } = new URL(url);
    const jar = this.#jar.get(origin) ?? new Map<string, string>();
    this.#jar.set(origin, jar);
    const headers = new Headers();
    if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    if (form) headers.set("content-type", "application/x-www-form-urlencoded");
    const answer = await this.#world.ask(form ? "POST" : "GET", url, headers, form?.toString() ?? "");
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, value] = (cookie.split(";")[0] ?? "").split(/=(.*)/s);
      if (name && value) jar.set(name, value);
      else if (name) jar.delete(name);
    }
    return answer;
  }

  /** From the authorize address to the client's redirect, as somebody who allows `scopes` and signs in as `email`. */
  async authorize(address: string, email: string, scopes: string[], client: string): Promise<URL> {
    const consent = await this.open(address);
    if (consent.status !== 200) throw new Error(`no consent page: ${consent.status} ${consent.text}`);
    const form = new URLSearchParams({ handle: handleOf(consent.text), decision: "approve" });
    for (const scope of scopes) form.append("scope", scope);
    let page = await this.open(address, client, form);
    // The provider asks who it is, then whether the Worker may know.
    for (const answer of [{ prompt: "login", login: email, password: "any" }, { prompt: "consent" }]) {
      if (page.url.startsWith(client) || page.status !== 200) break;
      const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
      if (action === undefined) throw new Error(`no form at ${page.url}: ${page.text}`);
      page = await this.open(new URL(action, page.url).href, client, new URLSearchParams(answer));
    }
    if (!page.url.startsWith(client)) throw new Error(`ended at ${page.url}: ${page.status} ${page.text}`);
    return new URL(page.url);
  }
}

export function handleOf(page: string): string {
  const handle = /name="handle" value="([^"]+)"/.exec(page)?.[1];
  if (handle === undefined) throw new Error(`no handle on the page: ${page}`);
  return handle;
}

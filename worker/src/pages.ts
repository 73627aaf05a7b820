// The two pages people see. Every word that came from a client is escaped: whoever registers chooses it.

import type { ConsentDescription } from "@cloudflare/workers-oauth-provider";
import { SCOPES } from "./env";

const MEANING: Record<string, string> = {
  [SCOPES.tools]: "See and call your approved tools",
  [SCOPES.author]: "Write tools and ask you to approve them",
};
const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#2f2b45;background:#fbf9f6}" +
  "button{font:inherit;min-height:40px;padding:0 1rem;margin-right:.5rem;border-radius:6px;border:1px solid #6b4a98;background:#fff;color:#6b4a98}" +
  "button.main{background:#6b4a98;color:#fff}.warn{background:#fcebd0;color:#71460b;padding:.75rem;border-radius:6px}label{display:block;margin:.5rem 0}" +
  "@media(prefers-color-scheme:dark){body{color:#e0def4;background:#191724}button{background:#211f31;color:#c4a7e7;border-color:#c4a7e7}" +
  "button.main{background:#c4a7e7;color:#191724}.warn{background:#40321f;color:#f6c177}}";

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export async function consentPage(details: ConsentDescription, handle: string, headers: Headers): Promise<Response> {
  const name = escaped(details.clientName);
  const origin = details.clientDomain
    ? `It is published by <strong>${escaped(details.clientDomain)}</strong>.`
    : "It named itself; nobody checked that name.";
  const scopes = details.scope.map(
    (scope) =>
      `<label><input type="checkbox" name="scope" value="${escaped(scope)}" checked> ${escaped(MEANING[scope] ?? scope)}</label>`,
  );
  const warning = details.redirectIsLoopback
    ? '<p class="warn">This lets a program on your own computer in. Go on only if you started it just now.</p>'
    : "";
  const body = `<h1>Let ${name} use your MCPbox?</h1>
<p>${origin} Access is sent to <strong>${escaped(details.redirectHost)}</strong>.</p>
${warning}<form method="post">
<input type="hidden" name="handle" value="${escaped(handle)}">
${scopes.join("\n")}
<p><button class="main" name="decision" value="approve">Allow and sign in</button><button name="decision" value="deny">Refuse</button></p>
</form>`;
  return page(200, `Allow ${name}`, body, headers);
}

export function messagePage(status: number, message: string): Promise<Response> {
  return page(status, "MCPbox", `<h1>That did not work</h1>\n<p>${escaped(message)}</p>`, new Headers());
}

async function page(status: number, title: string, body: string, headers: Headers): Promise<Response> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  headers.set("Content-Type", "text/html; charset=utf-8");
  headers.set("Cache-Control", "no-store");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("X-Content-Type-Options", "nosniff");
  // No form-action: browsers apply it to the redirect after the form too, which leads to Access and then to the client.
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'`;
  headers.set("Content-Security-Policy", policy);
  headers.set("X-Frame-Options", "DENY");
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>`;
  return new Response(
    `<!doctype html><html lang="en"><head>${head}<style>${STYLE}</style></head><body>\n${body}\n</body></html>\n`,
    {
      status,
      headers,
    },
  );
}

// The real binary, with a trusted front set by its operator and an admin who can look at what happened.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

export const SERVICE_TOKEN = "a-service-token-of-the-tests-0123456789abcdef";
// Limits that no test reaches: with a public address they cannot be off.
const LIMITS = "requests=1000000,logins=1000000,tools=1000000,calls=1000000,tokens=1000000,registrations=1000000,authorizations=1000000,looks=1000000";
const ADMIN = { username: "grace", password: "correct horse battery staple" };

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run scripts/test worker`);
  return value;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export class Gateway {
  readonly port: number;
  readonly #dir: string;
  readonly #process: ChildProcess;
  #adminUrl = "";
  #cookie = "";

  private constructor(port: number, dir: string, child: ChildProcess) {
    this.port = port;
    this.#dir = dir;
    this.#process = child;
  }

  static async start(publicUrl: string, emails: string[]): Promise<Gateway> {
    const program = need("MCPBOX_BIN");
    const dir = mkdtempSync(join(tmpdir(), "mcpbox-worker-"));
    const data = join(dir, "data");
    cpSync(need("MCPBOX_PREPARED"), data, { recursive: true, verbatimSymlinks: true });
    const port = await freePort();
    const ready = join(dir, "ready.json");
    const addresses = [
      "--admin-addr",
      "127.0.0.1:0",
      "--mcp-addr",
      "127.0.0.1:0",
      "--remote-addr",
      `127.0.0.1:${port}`,
    ];
    const env = { PATH: process.env.PATH, HOME: dir, MCPBOX_RATE_LIMITS: LIMITS, MCPBOX_FRONT_TOKEN: SERVICE_TOKEN };
    const child = spawn(
      program,
      ["serve", "--data-dir", data, "--ready-file", ready, ...addresses].concat([
        "--public-url",
        publicUrl,
        "--front-emails",
        emails.join(","),
      ]),
      { env, stdio: ["ignore", "ignore", "pipe"] },
    );
    let said = "";
    child.stderr?.on("data", (text: Buffer) => {
      said += text.toString();
    });
    const gateway = new Gateway(port, dir, child);
    for (let tries = 0; !existsSync(ready); tries++) {
      if (child.exitCode !== null || tries > 1200) throw new Error(`the gateway did not start:\n${said}`);
      await setTimeout(50);
    }
    gateway.#adminUrl = JSON.parse(readFileSync(ready, "utf8")).admin_url;
    execFileSync(program, ["admin", "create", "--username", ADMIN.username, "--password-stdin", "--data-dir", data], {
      input: `${ADMIN.password}\n`,
      stdio: ["pipe", "ignore", "inherit"],
    });
    await gateway.admin("POST", "/session", ADMIN);
    return gateway;
  }

  /** The REST API as a signed-in admin. */
  async admin(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const headers = { "Content-Type": "application/json", Origin: this.#adminUrl, Cookie: this.#cookie };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${this.#adminUrl}/api${path}`, init);
    this.#cookie = response.headers.get("set-cookie")?.split(";")[0] ?? this.#cookie;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
    rmSync(this.#dir, { recursive: true });
  }
}

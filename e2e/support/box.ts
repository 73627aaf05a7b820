// A running MCPbox: the real binary on a fresh data directory, and what a client would do to it over MCP.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const BINARY = process.env.MCPBOX_BIN ?? new URL("../../target/debug/mcpbox", import.meta.url).pathname;
/** A runtime with the base packages, from which a box begins; without it each installs its own. */
const PREPARED = process.env.MCPBOX_PREPARED;
/** A cluster in which every box gets a schema of its own; without it each has a file. */
const POSTGRES = process.env.MCPBOX_TEST_POSTGRES_URL;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

export const USERNAME = "ada";
export const PASSWORD = "correct horse battery staple";

/** Where things are, as `--ready-file` tells it. */
interface Ready {
  admin_url: string;
  mcp_url: string;
  setup_url: string | null;
}

async function schemaIn(cluster: string, name: string): Promise<Record<string, string>> {
  const schema = name.replace(/[^A-Za-z0-9]/g, "_").toLowerCase();
  await promisify(execFile)("psql", ["--quiet", "--dbname", cluster, "--command", `CREATE SCHEMA ${schema}`]);
  return { DATABASE_URL: `${cluster}&options[search_path]=${schema}` };
}

/** The same files under other names, as nobody changes one in place; on another disk a copy. */
async function takeOver(source: string, target: string): Promise<void> {
  const cp = (how: string) => promisify(execFile)("cp", [how, "--no-target-directory", source, target]);
  await cp("-al").catch(() => rm(target, { recursive: true, force: true }).then(() => cp("-a")));
}

export class Box {
  readonly #root: string;
  /** The settings that say which database is its own. */
  readonly #database: Record<string, string>;
  #process: ChildProcess | undefined;
  #ready: Ready | undefined;
  #log = "";

  readonly #settings: Record<string, string>;

  private constructor(root: string, database: Record<string, string>, settings: Record<string, string>) {
    this.#root = root;
    this.#database = database;
    this.#settings = settings;
  }

  /** A server whose base packages are installed, but that knows nothing yet; with further settings as variables. */
  static async start(settings: Record<string, string> = {}): Promise<Box> {
    const box = await Box.#create(settings);
    if (PREPARED) await takeOver(PREPARED, join(box.#root, "data"));
    await box.launch("127.0.0.1:0", "127.0.0.1:0");
    return box;
  }

  /** A server on a data directory in which there is nothing at all. */
  static async startEmpty(): Promise<Box> {
    const box = await Box.#create({});
    await box.launch("127.0.0.1:0", "127.0.0.1:0");
    return box;
  }

  static async #create(settings: Record<string, string>): Promise<Box> {
    const root = await mkdtemp(join(tmpdir(), "mcpbox-e2e-"));
    return new Box(root, POSTGRES ? await schemaIn(POSTGRES, basename(root)) : {}, settings);
  }

  get url(): string {
    return this.#known.admin_url;
  }

  /** All that the server wrote out so far. */
  get log(): string {
    return this.#log;
  }

  get mcpUrl(): string {
    return this.#known.mcp_url;
  }

  /** With the one-time token; only while there is no admin. */
  get setupUrl(): string {
    const { setup_url: url } = this.#known;
    if (!url) throw new Error("this box has an admin already");
    return url;
  }

  get #known(): Ready {
    if (!this.#ready) throw new Error("the server does not run");
    return this.#ready;
  }

  async launch(admin: string, mcp: string): Promise<void> {
    const readyFile = join(this.#root, "ready.json");
    await rm(readyFile, { force: true });
    const args = ["serve", "--data-dir", join(this.#root, "data"), "--ready-file", readyFile, "--admin-addr", admin, "--mcp-addr", mcp];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MCPBOX_") && name !== "DATABASE_URL"));
    const child = spawn(BINARY, args, { env: { ...env, ...this.#database, ...this.#settings, MCPBOX_RATE_LIMIT: "off", MCPBOX_CLOUDFLARE_API: "http://127.0.0.1:9" }, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (this.#log += String(text)));
    const deadline = Date.now() + START_LIMIT_MS;
    while (!existsSync(readyFile)) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${this.#log}`);
      if (Date.now() > deadline) throw new Error(`the server was not ready in ${START_LIMIT_MS} ms:\n${this.#log}`);
      await pause(10);
    }
    this.#ready = JSON.parse(await readFile(readyFile, "utf8")) as Ready;
  }

  /** Ends the server; its data stays. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }

  /** The same box under the same addresses. */
  async restart(): Promise<void> {
    const [admin, mcp] = [new URL(this.url).host, new URL(this.mcpUrl).host];
    await this.stop();
    await this.launch(admin, mcp);
  }

  /** Runs Python with the path of the database file as its argument: for more rows than anybody could make in a test. */
  python(script: string): Promise<unknown> {
    return promisify(execFile)("python3", ["-c", script, join(this.#root, "data", "mcpbox.db")]);
  }

  async remove(): Promise<void> {
    await this.stop();
    // A box that is stopped while it starts may leave a Python behind that compiles the runtime, for a moment.
    await rm(this.#root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

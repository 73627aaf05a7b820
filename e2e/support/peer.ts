import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const PYTHON = process.env.MCPBOX_SOURCES_PYTHON ?? "python3";

/** One of the MCP servers of the stories, on another machine of the network that `scripts/story/run` makes. */
export class Peer {
  static readonly host = "10.99.0.1";
  readonly #child: ChildProcess;

  /** Starts `scripts/story/sources/PROGRAM.py ADDRESS PORT WORDS…`. */
  constructor(program: string, readonly port: number, ...words: string[]) {
    const path = new URL(`../../scripts/story/sources/${program}.py`, import.meta.url).pathname;
    this.#child = spawn(PYTHON, [path, Peer.host, String(port), ...words], { stdio: ["pipe", "pipe", "ignore"] });
  }

  get url(): string {
    return `http://${Peer.host}:${this.port}/mcp`;
  }

  async isThere(): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      if (await fetch(this.url).then(() => true, () => false)) return;
      await pause(100);
    }
    throw new Error("the other server does not listen");
  }

  /** Has it do what a line means to it, and waits until it says that it did. */
  async tell(line: string): Promise<void> {
    if (!this.#child.stdin || !this.#child.stdout) throw new Error("it has no pipes");
    const told = once(createInterface(this.#child.stdout), "line");
    this.#child.stdin.write(`${line}\n`);
    await told;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}

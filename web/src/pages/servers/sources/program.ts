import type { Schema } from "@/api/client";

export type Program = Schema["ProgramRule"];

/** A variable as it is entered: its name, and a text or the key of a secret. */
export interface Variable {
  name: string;
  kind: "text" | "secret";
  value: string;
}

/** A program as it is entered: lists have an item a line. */
export interface Draft {
  name: string;
  command: string;
  args: string;
  variables: readonly Variable[];
  read: string;
  write: string;
  hosts: string;
  hasOwn: boolean;
}

export const EMPTY: Draft = { name: "", command: "", args: "", variables: [], read: "", write: "", hosts: "", hasOwn: false };

/** The key of a secret. */
export const KEY = /^[A-Z][A-Z0-9_]{0,63}$/;

// What follows is what the server checks, said sooner; it decides.
const WORD_MAX = 4_000;
const WORDS_MAX = 64;
const NEVER = ["/proc", "/sys", "/dev", "/run", "/var/run", "/boot"];
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const UNSEEN = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
const PRIVATE = "{private}";
/** Programs that only start other ones. */
const STARTERS = ["npx", "npm", "uvx", "uv", "bunx", "pipx", "docker", "podman"];

/** Arguments as they stand: an empty line before another is an empty one, those at the end are none. */
const words = (text: string): string[] => {
  const lines = text.split(/\r?\n/);
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
};

/** Paths and hosts have no spaces around them that anybody meant. */
const paths = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

/** What is sent. */
export function programOf({ command, args, variables, read, write, hosts, hasOwn }: Draft): Program {
  const env = Object.fromEntries(variables.map(({ name, kind, value }) => [name, kind === "secret" ? { secret: value } : { value }]));
  return { command: command.trim(), args: words(args), env, read: paths(read), write: paths(write), hosts: paths(hosts).map(hostOf), private: hasOwn };
}

/** `api.example.com`, `nas.lan:8080`, `[2001:db8::1]:443`: the address, and the port where there is one. */
function hostOf(line: string): Schema["HostRule"] {
  const { host = line, bare, port } = /^(?:\[(?<host>[^\]]*)\]|(?<bare>[^:]*))(?::(?<port>\d{1,5}))?$/.exec(line)?.groups ?? {};
  return { host: (bare ?? host).toLowerCase(), ...(port && { port: Number(port) }) };
}

function whyNoHost(line: string): string | undefined {
  const { host, port } = hostOf(line);
  if (/[\s/@*]/.test(host) || host === "" || (port ?? 1) > 65_535) return `${line}: one name or address, with a port where it has one: api.example.com, nas.lan:8080.`;
  return undefined;
}

function whyNoWord(word: string): string | undefined {
  if (UNSEEN.test(word)) return `${JSON.stringify(word)} holds characters that cannot be seen.`;
  return new TextEncoder().encode(word).length > WORD_MAX ? `At most ${WORD_MAX} bytes each.` : undefined;
}

function whyNoPath(path: string): string | undefined {
  const isOdd = path.split("/").slice(1).some((part) => part === "" || part === "." || part === "..");
  if (!path.startsWith("/") || isOdd) return `${path}: a whole path from /, without “.”, “..”, “//” or a “/” at the end.`;
  const never = NEVER.find((place) => path === place || path.startsWith(`${place}/`));
  return never && `${path}: nothing in ${never} is ever let into the jail.`;
}

/** The first reason why one of many cannot be. */
function whyNone(items: readonly string[], why: (item: string) => string | undefined): string | undefined {
  return items.length > WORDS_MAX ? `At most ${WORDS_MAX}.` : items.map((item) => whyNoWord(item) ?? why(item)).find((reason) => reason !== undefined);
}

/** Why a command cannot be one, or undefined. */
export function whyNoCommand(text: string): string | undefined {
  const command = text.trim();
  if (command.includes("/") && !command.startsWith("/")) return "A whole path from /, or the name of a program, such as node.";
  return whyNoWord(command);
}

/** What to know of a command that can be one. */
export function hintOf(text: string): string {
  const command = text.trim();
  const name = command.split(/\s/, 1)[0]?.split("/").at(-1) ?? "";
  if (STARTERS.includes(name)) return `${name} starts other programs, which the jail does not let it. Install the server, and start it with node or python3.`;
  return /\s/.test(command) ? "Arguments stand below, not here." : "A whole path, or a name in MCPbox's PATH, such as node or python3.";
}

export const whyNoArguments = (text: string): string | undefined => whyNone(words(text), () => undefined);

export const whyNoHosts = (text: string): string | undefined => whyNone(paths(text), whyNoHost);

export const whyNoPaths = (text: string): string | undefined => whyNone(paths(text), whyNoPath);

/** Why variables cannot be, the first reason; undefined also while something is still empty. */
export function whyNoVariables(variables: readonly Variable[]): string | undefined {
  if (variables.length > WORDS_MAX) return `At most ${WORDS_MAX}.`;
  const names = variables.map(({ name }) => name).filter((name) => name !== "");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) return `${twice} stands there twice.`;
  return variables.map(whyNoVariable).find((reason) => reason !== undefined);
}

function whyNoVariable({ name, kind, value }: Variable): string | undefined {
  if (name !== "" && !VARIABLE.test(name)) return `${name} is no name of a variable, such as API_KEY.`;
  if (kind === "secret") return value === "" || KEY.test(value) ? undefined : `${value} is no key of a secret: capitals, digits and _; a capital first.`;
  return whyNoWord(value);
}

/** Whether the private directory is spoken of where there is none. */
export const lacksOwn = ({ args, variables, hasOwn }: Draft): boolean => !hasOwn && [args, ...variables.filter(({ kind }) => kind === "text").map(({ value }) => value)].some((text) => text.includes(PRIVATE));

/** Whether all that must be there is there, and nothing is wrong with it. */
export function isSound(draft: Draft): boolean {
  const { command, args, variables, read, write, hosts } = draft;
  const isWhole = command.trim() !== "" && variables.every(({ name, kind, value }) => name !== "" && (kind === "text" || value !== ""));
  return isWhole && [whyNoCommand(command), whyNoArguments(args), whyNoVariables(variables), whyNoPaths(read), whyNoPaths(write), whyNoHosts(hosts)].every((reason) => reason === undefined);
}

type Secret = Schema["SecretSummary"];

/** What is to be known of the secrets that are entered: those that will be made, and those that code may not see. */
export function secretHints(variables: readonly Variable[], secrets: readonly Secret[]): string[] {
  const keys = [...new Set(variables.filter(({ kind, value }) => kind === "secret" && KEY.test(value)).map(({ value }) => value))];
  return keys.flatMap((key) => {
    const known = secrets.find((secret) => secret.key === key);
    if (!known) return [`${key} is not there yet: you set its value afterwards, and the program sees it.`];
    return known.mode === "revealed" ? [] : [`${key} is sealed, so the program is not started: let code see it under Secrets, or take another.`];
  });
}

/** The secrets that a source is not reached without, as they are. */
export function secretsOf(source: Schema["SourceSummary"], secrets: readonly Secret[]): Secret[] {
  const ofProgram = Object.values(source.program?.env ?? {}).flatMap((value) => ("secret" in value ? [value.secret] : []));
  const keys = source.auth === "bearer" || source.auth === "header" ? [source.secret] : ofProgram;
  return secrets.filter(({ key }) => keys.includes(key));
}

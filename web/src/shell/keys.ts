import { type Command, getCommands } from "./commands";

/** How long the second key of `g a` may take. */
const SEQUENCE_MS = 1_200;

/** Runs the commands that have keys; not while somebody types, nor under an open dialog. Returns how to stop. */
export function followKeys(target: Window = window): () => void {
  let first = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const forget = () => {
    clearTimeout(timer);
    first = "";
  };
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const key = keyOf(event);
    if (!key) return;
    const isChord = key.includes("+");
    if (!isChord && (isTyping(event) || hasDialog())) return;
    const found = (first && find(`${first} ${key}`)) || find(key);
    const begins = !found && !isChord && getCommands().some(({ keys }) => keys?.startsWith(`${key} `));
    forget();
    if (found) {
      event.preventDefault();
      found.run();
    } else if (begins) {
      first = key;
      timer = setTimeout(forget, SEQUENCE_MS);
    }
  };
  target.addEventListener("keydown", press);
  return () => {
    forget();
    target.removeEventListener("keydown", press);
  };
}

/** The newest command with these keys: a page may take over what the shell offers. */
const find = (keys: string): Command | undefined => getCommands().findLast((command) => command.keys === keys);

function keyOf(event: KeyboardEvent): string {
  const { key } = event;
  if (event.altKey || key === "Shift" || key === "Control" || key === "Meta") return "";
  const name = key.length === 1 ? key.toLowerCase() : key;
  return event.ctrlKey || event.metaKey ? `mod+${name}` : name;
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !isToggle(target));
}

const isToggle = (element: HTMLElement) => element instanceof HTMLInputElement && /^(checkbox|radio)$/.test(element.type);

const hasDialog = () => document.querySelector('[role="dialog"][aria-modal="true"]') !== null;

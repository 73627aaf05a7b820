import { HostileText } from "./HostileText";

/** The name of a tool, host, module or secret: monospaced, character by character, tricks marked. */
export function CodeName({ children, size = 13 }: { children: string; size?: number }) {
  return (
    <span className="mono" style={{ fontSize: size }}>
      <HostileText text={children} />
    </span>
  );
}

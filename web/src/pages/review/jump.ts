/** Shows a line of the code, from 1. */
export type JumpTo = (line: number) => void;

import { type RefObject, useEffect, useRef } from "react";
import { Problem, sentence } from "@/api/problem";

/** What the server refused: said at the field that it names, else for all of the form. */
export interface Refusal<F extends string> {
  fields: { [field in F]?: string };
  general?: string;
}

/** Sorts a refusal by the argument that it names; `fieldOf` says which field that is here. */
export function refusalOf<F extends string>(error: unknown, fieldOf: Readonly<Record<string, F>>): Refusal<F> {
  if (error === null || error === undefined) return { fields: {} };
  const argument = error instanceof Problem ? error.details.failure?.argument : undefined;
  const field = argument ? fieldOf[argument] : undefined;
  if (field === undefined) return { fields: {}, general: sentence(error) };
  return { fields: { [field]: sentence(error) } as Refusal<F>["fields"] };
}

/** A form that goes to the field whose value was refused. */
export function useRefusedField(isRefused: boolean): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (isRefused) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [isRefused]);
  return form;
}

import { ActionIcon, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { RANGES } from "@/components/chart/buckets";
import { useCommands } from "@/shell/commands";
import classes from "./Filters.module.css";
import type { ActivitySearch } from "./route";

interface Props {
  search: ActivitySearch;
  onChange: (change: ActivitySearch) => void;
}

const RANGE_NAMES = [...Object.entries(RANGES).map(([value, { label }]) => ({ value, label: `Last ${label === "1 hour" ? "hour" : label}` })), { value: "all", label: "All that is kept" }];
const KINDS = [
  { value: "calls", label: "Calls" },
  { value: "tests", label: "Tests" },
];

/** Which runs are shown. All of it stands in the address. */
export function Filters({ search, onChange }: Props) {
  const { data: servers } = api.useQuery("get", "/api/servers", { params: { query: { page_size: 100 } } });
  const { data: tools } = api.useQuery("get", "/api/tools", { params: { query: { page_size: 100 } } });
  const toolNames = tools?.items.map(({ name }) => name).filter((name) => !search.server || name.startsWith(`${search.server}__`));
  return (
    <div className={classes.filters} role="search" aria-label="Filters">
      <TextFilter className={classes.text} label="Name, text, error or id" text={search.text} onChange={(text) => onChange({ text })} />
      <Choice label="Server" every="All servers" data={withChosen(servers?.items.map(({ name }) => name), search.server)} value={search.server} onChange={(server) => onChange({ server, tool: undefined })} />
      <Choice label="Tool" every="All tools" data={withChosen(toolNames, search.tool)} value={search.tool} onChange={(tool) => onChange({ tool })} />
      <Choice label="Calls or tests" every="Calls and tests" data={KINDS} value={search.kind} onChange={(kind) => onChange({ kind: kind as ActivitySearch["kind"] })} />
      <NativeSelect aria-label="Time" data={RANGE_NAMES} value={search.range ?? "24h"} onChange={({ currentTarget: { value } }) => onChange({ range: value === "24h" ? undefined : (value as ActivitySearch["range"]), from: undefined, until: undefined })} />
      <SegmentedControl
        aria-label="Outcome"
        className={classes.outcome}
        data={[
          { value: "", label: "All" },
          { value: "succeeded", label: "Succeeded" },
          { value: "failed", label: "Failed" },
        ]}
        value={search.outcome ?? ""}
        onChange={(outcome) => onChange({ outcome: (outcome as ActivitySearch["outcome"]) || undefined })}
      />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  /** What the empty choice says. */
  every: string;
  data: readonly (string | { value: string; label: string })[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** One of several, or all. The browser's own list: it is found by typing, and right on every phone. */
export function Choice({ label, every, data, value, onChange }: ChoiceProps) {
  return <NativeSelect aria-label={label} data={[{ value: "", label: every }, ...data]} value={value ?? ""} onChange={(event) => onChange(event.currentTarget.value || undefined)} />;
}

/** A name from the address may be of something that is gone. */
const withChosen = (names: readonly string[] = [], chosen?: string) => [...new Set(chosen ? [chosen, ...names] : names)];

const TYPING_MS = 300;

interface TextProps {
  className?: string;
  label: string;
  text: string | undefined;
  onChange: (text: string | undefined) => void;
}

/** A text to look for, told when the typing rests. */
export function TextFilter({ className, label, text, onChange }: TextProps) {
  const [typed, setTyped] = useState(text ?? "");
  const field = useRef<HTMLInputElement>(null);
  const tell = useDebouncedCallback((value: string) => onChange(value.trim() || undefined), TYPING_MS);
  // Back and forward change the address under the field.
  useEffect(() => {
    if (document.activeElement !== field.current) setTyped(text ?? "");
  }, [text]);
  useCommands([{ id: "search runs", label: "Search in this list", group: "Activity", keys: "/", icon: Search, run: () => field.current?.focus() }]);
  const change = (value: string) => {
    setTyped(value);
    tell(value);
  };
  return (
    <TextInput
      ref={field}
      className={className}
      aria-label={label}
      placeholder={label}
      leftSection={<Search size={16} aria-hidden="true" />}
      rightSection={
        typed && (
          <ActionIcon size={32} onClick={() => change("")} aria-label="Clear the text">
            <X size={16} />
          </ActionIcon>
        )
      }
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      maxLength={200}
      autoComplete="off"
      spellCheck={false}
    />
  );
}

import { Checkbox, Stack, Text, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { api } from "@/api/client";
import { CodeName } from "@/components/CodeName";
import { programLine } from "@/components/capability";
import { LongField } from "@/components/LongField";
import { AddFooter, type FormProps, NameField } from "./AddFooter";
import { type Draft, hintOf, isSound, lacksOwn, programOf, whyNoArguments, whyNoCommand, whyNoHosts, whyNoPaths } from "./program";
import { refusalOf, useRefusedField } from "./refusal";
import { Variables } from "./Variables";
import { whyNoName } from "./words";

/** The field for what the server names. By `command` it means the program as a whole, so that is said for all of the form. */
const FIELDS = { name: "name", hosts: "hosts" } as const;

/** A program that is to be started in the jail, and all it gets. */
export function ProgramForm({ server, draft, onDraft, onClose }: FormProps<Draft>) {
  const add = api.useMutation("post", "/api/servers/{id}/sources", { onSuccess: onClose });
  const form = useRefusedField(add.isError);
  const refusal = refusalOf(add.error, FIELDS);
  const refused = refusal.fields;
  const set = (change: Partial<Draft>) => {
    if (add.isError) add.reset();
    onDraft({ ...draft, ...change });
  };
  const { name, command, args, variables, read, write, hosts, hasOwn } = draft;
  const program = programOf(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ params: { path: { id: server.name } }, body: { name, transport: "stdio", program } });
  };
  const isReady = name !== "" && !whyNoName(name) && isSound(draft);
  return (
    <form ref={form} onSubmit={submit}>
      <Stack>
        <TextInput label="Command" description={hintOf(command)} placeholder="node" value={command} onChange={(event) => set({ command: event.currentTarget.value })} error={whyNoCommand(command)} autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} required data-autofocus />
        <NameField name={name} placeholder="notes" refused={refused.name} onName={(next) => set({ name: next })} />
        <LongField label="Arguments" description="One a line, exactly as it gets them: no shell, no quotes. A line left empty before another is an empty argument." value={args} onType={(text) => set({ args: text })} error={whyNoArguments(args)} isCode />
        <Variables variables={variables} secrets={server.secrets} onChange={(next) => set({ variables: next })} />
        <LongField label="Paths to read" description="Files and directories, one a line: it reads them and runs what is in them, such as its own code." rows={2} value={read} onType={(text) => set({ read: text })} error={whyNoPaths(read)} isCode />
        <LongField label="Paths to write" description="Directories, one a line: it reads and changes them, and runs nothing in them." rows={2} value={write} onType={(text) => set({ write: text })} error={whyNoPaths(write)} isCode />
        <LongField label="Hosts" description="One a line, a LAN host with its port: all that it reaches, by HTTP. Without any it has no network." rows={2} value={hosts} onType={(text) => set({ hosts: text })} error={whyNoHosts(hosts) ?? refused.hosts} isCode />
        <Checkbox label="A directory of its own" description="Stays when the program ends, until you remove the source. {private} in an argument or a text is its path." error={lacksOwn(draft) && "{private} stands above, and means nothing without this."} checked={hasOwn} onChange={(event) => set({ hasOwn: event.currentTarget.checked })} />
        {program.command !== "" && (
          <Text size="sm">
            Starts <CodeName>{programLine(program)}</CodeName>
          </Text>
        )}
        <AddFooter note="In a jail without other programs, and not yet: you allow it in the next step." isPending={add.isPending} refusal={refusal} isReady={isReady} onClose={onClose} />
      </Stack>
    </form>
  );
}

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Schema } from "@/api/client";
import { Problem } from "@/api/problem";
import { AddSource } from "@/pages/servers/sources/AddSource";
import { refusalOf } from "@/pages/servers/sources/refusal";

const FIELDS = { name: "name", auth_secret_name: "secret" } as const;
const problem = (argument?: string) =>
  new Problem({ type: "conflict", title: "Clashes", status: 409, detail: "server 'a' has it (choose another)", failure: { kind: "conflict", message: "server 'a' has it", argument } });

describe("what the server refuses", () => {
  it("is said at the field that it names, in a sentence", () => {
    expect(refusalOf(problem("name"), FIELDS)).toEqual({ fields: { name: "Server 'a' has it (choose another)" } });
    expect(refusalOf(problem("auth_secret_name"), FIELDS).fields.secret).toBeDefined();
  });

  it("is said for all of the form when it names none that is here", () => {
    for (const error of [problem(), problem("server_id"), new Error("x")]) {
      const { fields, general } = refusalOf(error, FIELDS);
      expect(fields).toEqual({});
      expect(general).toBeDefined();
    }
    expect(refusalOf(null, FIELDS)).toEqual({ fields: {} });
  });
});

const server = { name: "lent", secrets: [] } as unknown as Schema["ServerDetail"];

function dialog(isOpen: boolean) {
  return (
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <AddSource server={server} isOpen={isOpen} onClose={() => {}} />
      </MantineProvider>
    </QueryClientProvider>
  );
}

const field = async (name: RegExp) => (await screen.findByRole("textbox", { name })) as HTMLInputElement;
const type = async (name: RegExp, value: string) => fireEvent.change(await field(name), { target: { value } });

describe("the dialog that adds a source", () => {
  it("keeps what was typed of both kinds until it closes", async () => {
    const { rerender } = render(dialog(true));
    await type(/^Address/, "https://mcp.example.com/mcp");
    fireEvent.click(screen.getByRole("radio", { name: "A program" }));
    await type(/^Command/, "node");
    fireEvent.click(screen.getByRole("radio", { name: "On the network" }));
    expect((await field(/^Address/)).value).toBe("https://mcp.example.com/mcp");
    fireEvent.click(screen.getByRole("radio", { name: "A program" }));
    expect((await field(/^Command/)).value).toBe("node");
    rerender(dialog(false));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    rerender(dialog(true));
    expect((await field(/^Address/)).value).toBe("");
  });
});

import { Alert, Button, Group, Stack } from "@mantine/core";
import { Ban, Check, KeyRound, Link2, ShieldOff, Trash2, UserCog } from "lucide-react";
import { type FormEvent, useState } from "react";
import { client } from "@/api/client";
import { sentence } from "@/api/problem";
import { type Role, useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Dialog } from "@/components/Dialog";
import { More } from "@/components/More";
import type { User, UserLink } from "./PeoplePage";
import { RoleField } from "./RoleField";

type Question = "role" | "disable" | "enable" | "link" | "factors" | "delete";

/** What an admin can do about an account. */
export function UserActions({ user, onLink }: { user: User; onLink: (link: UserLink) => void }) {
  const [asked, setAsked] = useState<Question>();
  const whyNot = useWhyReadOnly("admin");
  const close = () => setAsked(undefined);
  const params = { path: { id: user.id } };
  const hasFactors = user.has_code_app || user.passkeys > 0;
  const question = asked && asked !== "role" ? QUESTIONS[asked] : undefined;
  const doIt = async () => {
    if (asked === "disable" || asked === "enable") await client.PATCH("/api/users/{id}", { params, body: { is_disabled: asked === "disable" } });
    else if (asked === "factors") await client.DELETE("/api/users/{id}/factors", { params });
    else if (asked === "delete") await client.DELETE("/api/users/{id}", { params });
    else if (asked === "link") {
      const { data } = await client.POST("/api/users/{id}/link", { params });
      if (data) onLink(data);
    }
  };
  return (
    <>
      <More
        label={`More for ${user.username}`}
        isDisabled={whyNot !== undefined}
        items={[
          { label: "Change the role", icon: UserCog, run: () => setAsked("role") },
          { label: "Make a one-time link", icon: user.has_password ? KeyRound : Link2, run: () => setAsked("link") },
          ...(hasFactors ? [{ label: "Remove second factors", icon: ShieldOff, run: () => setAsked("factors") }] : []),
          user.is_disabled ? { label: "Enable", icon: Check, run: () => setAsked("enable") } : { label: "Disable", icon: Ban, run: () => setAsked("disable") },
          { label: "Delete", icon: Trash2, isGrave: true, run: () => setAsked("delete") },
        ]}
      />
      <RoleDialog user={user} isOpen={asked === "role"} onClose={close} />
      <ConfirmDialog least="admin" isOpen={question !== undefined} onClose={close} title={question?.title(user.username) ?? ""} action={question?.action ?? ""} tone={question?.tone} onConfirm={doIt}>
        {question?.what}
      </ConfirmDialog>
    </>
  );
}

const QUESTIONS: Record<Exclude<Question, "role">, { title: (name: string) => string; action: string; what: string; tone?: "brand" }> = {
  disable: { title: (name) => `Disable ${name}?`, action: "Disable", what: "All sessions end at once, and nobody can log in with the account until it is enabled again." },
  enable: { title: (name) => `Enable ${name}?`, action: "Enable", what: "The account can log in again, with what it proved itself with before.", tone: "brand" },
  link: { title: (name) => `Make a link for ${name}?`, action: "Make the link", what: "Whoever opens the link sets a new password; then all sessions of the account end. Second factors stay. A link from before loses its force.", tone: "brand" },
  factors: { title: (name) => `Remove the second factors of ${name}?`, action: "Remove", what: "App, passkeys and recovery codes are removed, and all sessions end. The password alone is then enough. Make sure that it is really them who ask." },
  delete: { title: (name) => `Delete ${name}?`, action: "Delete", what: "The account and what proves it are erased, and its sessions end. What it decided stays in the records under its name." },
};

function RoleDialog({ user, isOpen, onClose }: { user: User; isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title={`Role of ${user.username}`}>
      {isOpen && <RoleForm user={user} onClose={onClose} />}
    </Dialog>
  );
}

function RoleForm({ user, onClose }: { user: User; onClose: () => void }) {
  const [role, setRole] = useState<Role>(user.role);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await client.PATCH("/api/users/{id}", { params: { path: { id: user.id } }, body: { role } });
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <RoleField value={role} onChange={setRole} />
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={role === user.role}>
            Change the role
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

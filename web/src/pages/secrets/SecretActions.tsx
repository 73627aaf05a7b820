import { Button, Group } from "@mantine/core";
import { Eraser, Route, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { client } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { More } from "@/components/More";
import { counted } from "@/components/numbers";
import type { SecretRow } from "./readers";

const TermsDialog = lazy(() => import("./TermsDialog"));

/** What one can do with a secret. */
export function SecretActions({ secret, onSet }: { secret: SecretRow; onSet: () => void }) {
  const [asks, setAsks] = useState<"terms" | "forget" | "delete">();
  const whyNot = useWhyReadOnly("admin");
  const params = { path: { id: secret.server, key: secret.key } };
  const users = secret.readers.length === 0 ? "No tool uses it." : `${counted(secret.readers.length, "reader")} of it (${secret.readers.join(", ")}) ${secret.readers.length === 1 ? "fails" : "fail"} from now on wherever it is needed.`;
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      <Button variant={secret.has_value ? "default" : "filled"} onClick={onSet} disabled={whyNot !== undefined} aria-label={`${secret.has_value ? "Rotate" : "Set the value of"} ${secret.key}`}>
        {secret.has_value ? "Rotate" : "Set value"}
      </Button>
      {secret.id && (
        <More
          label={`More for ${secret.key}`}
          isDisabled={whyNot !== undefined}
          items={[
            { label: "Change where it may go", icon: Route, run: () => setAsks("terms") },
            ...(secret.has_value ? [{ label: "Forget the value", icon: Eraser, run: () => setAsks("forget") }] : []),
            { label: "Delete", icon: Trash2, isGrave: true, run: () => setAsks("delete") },
          ]}
        />
      )}
      <Suspense fallback={null}>{asks === "terms" && <TermsDialog secret={secret} onClose={() => setAsks(undefined)} />}</Suspense>
      <ConfirmDialog
        isOpen={asks === "forget"}
        onClose={() => setAsks(undefined)}
        title={`Forget the value of ${secret.key}?`}
        action="Forget the value"
        onConfirm={() => client.DELETE("/api/servers/{id}/secrets/{key}/value", { params })}
      >
        The value is erased; the place for it stays, and you can set another. {users}
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={asks === "delete"}
        onClose={() => setAsks(undefined)}
        title={`Delete ${secret.key}?`}
        action="Delete the secret"
        typed={secret.has_value ? secret.key : undefined}
        onConfirm={() => client.DELETE("/api/servers/{id}/secrets/{key}", { params })}
      >
        The secret and its value are gone for good. {users}
      </ConfirmDialog>
    </Group>
  );
}

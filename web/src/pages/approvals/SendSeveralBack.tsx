import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { CornerUpLeft } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { LongField } from "@/components/LongField";
import { counted } from "@/components/numbers";
import classes from "./SendSeveralBack.module.css";

type Item = Schema["Page_ReviewItem"]["items"][number];

/** Sends what is ticked back with one reason. Approving several at once is not offered: each wants to be read. */
export function SendSeveralBack({ items, onClear }: { items: readonly Item[]; onClear: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [comment, setComment] = useState("");
  const reject = api.useMutation("post", "/api/reviews/{id}/reject");
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly();
  const send = async () => {
    if (comment.trim() === "") throw new Error("Say why: without a reason the LLM cannot do better.");
    let failed: unknown;
    let done = 0;
    // Each by the hash that is on screen; one that changed meanwhile stays, and the others go.
    for (const { id, content_hash } of items) {
      try {
        await reject.mutateAsync({ params: { path: { id } }, body: { content_hash, comment: comment.trim() } });
        done += 1;
      } catch (error) {
        failed = error;
      }
    }
    await queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/reviews") });
    if (done > 0) notifications.show({ message: `${counted(done, "review")} sent back`, color: "ok", closeButtonProps: { "aria-label": "Close" } });
    if (failed) throw failed;
    setComment("");
    onClear();
  };
  return (
    <section className={classes.bar} aria-label="What is selected">
      <Text>{counted(items.length, "review")} selected</Text>
      <Group gap={8}>
        <Button variant="subtle" color="gray" onClick={onClear}>
          Clear
        </Button>
        <Button variant="default" leftSection={<CornerUpLeft size={16} aria-hidden="true" />} disabled={whyNot !== undefined} onClick={() => setOpen(true)}>
          Send back
        </Button>
      </Group>
      <ConfirmDialog isOpen={isOpen} onClose={() => setOpen(false)} title={`Send ${counted(items.length, "review")} back`} action="Send back" onConfirm={send}>
        <Text mb="sm">
          <HostileText text={items.map(({ tool }) => tool).join(", ")} limit={2_000} />
        </Text>
        <LongField label="What should change? Each author's LLM reads this" maxLength={4_000} value={comment} onType={setComment} />
      </ConfirmDialog>
    </section>
  );
}

import { Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Check, CornerUpLeft } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { LongField } from "@/components/LongField";
import { counted } from "@/components/numbers";
import { toast } from "@/components/toast";
import classes from "./SelectedReviews.module.css";

interface Props {
  items: readonly Schema["ReviewItem"][];
  onClear: () => void;
}

/** What is ticked goes back with one reason, whatever its risk; together is approved only what has low risk. */
export function SelectedReviews({ items, onClear }: Props) {
  const [asked, ask] = useState<"approve" | "reject">();
  const [comment, setComment] = useState("");
  const decide = useDecideMany();
  const whyNot = useWhyReadOnly();
  const areLow = items.every(({ risk }) => risk === "low");
  const names = <HostileText text={items.map(({ tool }) => tool).join(", ")} limit={2_000} />;
  const close = () => ask(undefined);
  const sendBack = async () => {
    if (comment.trim() === "") throw new Error("Say why: without a reason the LLM cannot do better.");
    await decide("reject", items, comment.trim());
    setComment("");
  };
  return (
    <section className={classes.bar} aria-label="What is selected">
      <Text flex="1 1 240px">
        {counted(items.length, "review")} selected
        {!areLow && (
          <Text span inherit c="dimmed">
            . Above low risk, each is approved by itself.
          </Text>
        )}
      </Text>
      <Group gap={8}>
        <Button variant="subtle" color="gray" onClick={onClear}>
          Clear
        </Button>
        <Button variant="default" leftSection={<CornerUpLeft size={16} aria-hidden="true" />} disabled={whyNot !== undefined} onClick={() => ask("reject")}>
          Send back
        </Button>
        {areLow && (
          <Button variant="default" leftSection={<Check size={16} aria-hidden="true" />} disabled={whyNot !== undefined} onClick={() => ask("approve")}>
            Approve
          </Button>
        )}
      </Group>
      <ConfirmDialog isOpen={asked === "reject"} onClose={close} title={`Send ${counted(items.length, "review")} back`} action="Send back" onConfirm={sendBack}>
        <Text mb="sm">{names}</Text>
        <LongField label="What should change? Each author's LLM reads this" maxLength={4_000} value={comment} onType={setComment} />
      </ConfirmDialog>
      <ConfirmDialog isOpen={asked === "approve"} onClose={close} title={`Approve ${counted(items.length, "review")}?`} action="Approve" tone="brand" onConfirm={() => decide("approve", items, "")}>
        <Text mb="sm">{names}</Text>
        They gain nothing new, and nothing in them wants a look. Clients can call them at once.
      </ConfirmDialog>
    </section>
  );
}

/** Decides each by the hash that is on screen: one that changed meanwhile stays, and the others go. */
function useDecideMany() {
  const queries = useQueryClient();
  const approve = api.useMutation("post", "/api/reviews/approve");
  const reject = api.useMutation("post", "/api/reviews/reject");
  return async (verdict: "approve" | "reject", items: Props["items"], comment: string) => {
    const reviews = items.map(({ id, content_hash }) => ({ id, content_hash }));
    const results = await (verdict === "approve" ? approve : reject).mutateAsync({ body: { reviews, comment } });
    await queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/reviews") });
    const done = results.filter(({ decision }) => decision).length;
    if (done > 0) toast(`${counted(done, "review")} ${verdict === "approve" ? "approved" : "sent back"}`);
    const failed = results.flatMap(({ id, failure }) => (failure ? [`${items.find((item) => item.id === id)?.tool}: ${failure.message}.`] : []));
    if (failed.length > 0) throw new Error(`Not decided. ${failed.join(" ")}`);
  };
}

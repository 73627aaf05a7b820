import { Alert, Button, Group, Paper, Text } from "@mantine/core";
import { KeyRound, Pencil, Play, Undo2 } from "lucide-react";
import { useState } from "react";
import { api, client } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeBlock } from "@/components/CodeBlock";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { SubNav } from "@/components/SubNav";
import { PlanForm } from "./PlanForm";
import { StepRow } from "./StepRow";
import { last, next, type Setup, TITLES } from "./steps";

/** How is this box reached over Cloudflare, what is there already, and what comes next? */
export function CloudflarePage() {
  const { data } = api.useSuspenseQuery("get", "/api/cloudflare");
  const [isPlanning, setPlanning] = useState(false);
  return (
    <>
      <PageHeader title="Cloudflare">
        One way among several to use your tools from elsewhere: a Worker on your Cloudflare account signs people in, and a tunnel brings what they ask to this box. Nothing is opened on your router.
      </PageHeader>
      <SubNav root="/settings" label="Settings" />
      {!data.plan || isPlanning ? (
        <Section title="The plan">
          <PlanForm setup={data} onDone={() => setPlanning(false)} onCancel={data.plan ? () => setPlanning(false) : undefined} />
        </Section>
      ) : (
        <Steps setup={data} onPlan={() => setPlanning(true)} />
      )}
    </>
  );
}

function Steps({ setup, onPlan }: { setup: Setup; onPlan: () => void }) {
  const [busy, setBusy] = useState<"next" | "all" | "undo">();
  const [error, setError] = useState<unknown>();
  const [asking, setAsking] = useState<"undo" | "forget">();
  const whyNot = useWhyReadOnly();
  const todo = next(setup);
  const done = last(setup);
  const work = async (kind: "next" | "all" | "undo", path: "/api/cloudflare/next" | "/api/cloudflare/undo") => {
    setBusy(kind);
    setError(undefined);
    try {
      for (let left = kind === "all" ? setup.steps.length : 1; left > 0; left--) {
        const { data } = await client.POST(path);
        if (!data || !next(data) || next(data)?.progress === "failed") break;
      }
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(undefined);
    }
  };
  const isHeld = whyNot !== undefined || busy !== undefined || !setup.has_token;
  return (
    <>
      <Standing setup={setup} />
      {!setup.has_token && (
        <Alert color="warn" role="note" mb="md" icon={<KeyRound size={18} />} title="No API token is kept">
          What was made goes on working. To change or undo something, enter a token again under “Change the plan”.
        </Alert>
      )}
      {error !== undefined && (
        <Alert color="bad" role="alert" mb="md">
          {sentence(error)}
        </Alert>
      )}
      <Section title="Steps">
        <Paper component="ol" m={0} p={0} style={{ listStyle: "none" }}>
          {setup.steps.map((step) => (
            <StepRow key={step.name} step={step} isNext={step === todo} isBusy={busy !== undefined && busy !== "undo" && step === todo} />
          ))}
        </Paper>
        <Group mt="md" gap="xs">
          {todo && (
            <>
              <Button leftSection={<Play size={16} />} loading={busy === "next"} disabled={isHeld} onClick={() => work("next", "/api/cloudflare/next")}>
                Do the next step
              </Button>
              <Button variant="default" loading={busy === "all"} disabled={isHeld} onClick={() => work("all", "/api/cloudflare/next")}>
                Do all that is left
              </Button>
            </>
          )}
          {done && (
            <Button variant="default" leftSection={<Undo2 size={16} />} loading={busy === "undo"} disabled={isHeld} onClick={() => setAsking("undo")}>
              Undo the last step
            </Button>
          )}
          <Button variant="default" leftSection={<Pencil size={16} />} disabled={whyNot !== undefined || busy !== undefined} onClick={onPlan}>
            Change the plan
          </Button>
          {setup.has_token && (
            <Button variant="default" leftSection={<KeyRound size={16} />} disabled={whyNot !== undefined || busy !== undefined} onClick={() => setAsking("forget")}>
              Forget the token
            </Button>
          )}
        </Group>
      </Section>
      <ConfirmDialog isOpen={asking === "undo"} onClose={() => setAsking(undefined)} title="Undo the last step?" action="Undo it" onConfirm={() => work("undo", "/api/cloudflare/undo")}>
        {done && `“${TITLES[done.name]}” is taken back. What it made is deleted at Cloudflare; the requests stand under the step.`}
      </ConfirmDialog>
      <ConfirmDialog isOpen={asking === "forget"} onClose={() => setAsking(undefined)} title="Forget the API token?" action="Forget it" tone="brand" onConfirm={() => client.DELETE("/api/cloudflare/token")}>
        The connection goes on working without it. To change or undo something you enter one again. Delete it at Cloudflare too, if nothing else uses it.
      </ConfirmDialog>
    </>
  );
}

/** Whether it works, and what clients connect to. */
function Standing({ setup }: { setup: Setup }) {
  const { tunnel, mcp_url: url } = setup;
  const isComplete = !next(setup);
  return (
    <>
      {isComplete && url && (
        <Section title="Connect a client">
          <CodeBlock code={url} label="address for clients" />
        </Section>
      )}
      {tunnel ? (
        <Alert color={tunnel.is_running ? "ok" : "warn"} role="status" mb="md" title={tunnel.is_running ? "cloudflared runs" : "cloudflared does not run"}>
          {tunnel.message}
          {tunnel.restarts > 0 && ` (started again ${tunnel.restarts} ${tunnel.restarts === 1 ? "time" : "times"})`}
        </Alert>
      ) : (
        <Text c="dimmed" mb="md">
          This process does not run cloudflared itself. Start MCPbox with <span className="mono">--cloudflared /path/to/cloudflared</span>, or run it elsewhere with the tunnel's token.
        </Text>
      )}
    </>
  );
}

import { Stepper } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Suspense, useEffect, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { followServer } from "@/api/live";
import { PageSkeleton } from "@/components/PageSkeleton";
import { SoloCard } from "@/components/SoloCard";
import classes from "./SetupPage.module.css";
import { AccountStep } from "./AccountStep";
import { ConnectStep } from "./ConnectStep";
import { SampleStep } from "./SampleStep";
import { RunStep } from "./RunStep";
import { forgetToken, takeToken } from "./token";

/** From nothing to the first approved run, in four steps. Whoever has an account begins with the second. */
export function SetupPage({ isNew }: { isNew: boolean }) {
  const [step, setStep] = useState(isNew ? 0 : 1);
  const [token] = useState(takeToken);
  const navigate = useNavigate();
  const queries = useQueryClient();
  useEffect(() => (step === 0 ? undefined : followServer(queries)), [queries, step === 0]);
  if (step === 0) {
    const done = () => {
      forgetToken();
      setStep(1);
    };
    return <AccountStep token={token} onDone={done} />;
  }
  const finish = () => void navigate({ to: "/" });
  return (
    <SoloCard width={680} title={TITLES[step] ?? ""} intro={INTROS[step]}>
      <Stepper active={step} size="sm" iconSize={28} allowNextStepsSelect={false} classNames={{ stepBody: classes.label }} aria-label="Steps of the setup">
        {["Account", "Connect", "Sample", "Run"].map((label, index) => (
          <Stepper.Step key={label} label={label} allowStepSelect={index > 0 && index < step} onClick={() => setStep(index)} />
        ))}
      </Stepper>
      <Suspense fallback={<PageSkeleton lines={2} />}>
        {step === 1 && <ConnectStep onNext={() => setStep(2)} />}
        {step === 2 && <SampleStep onNext={() => setStep(3)} onSkip={finish} />}
        {step === 3 && <RunStep onDone={finish} />}
      </Suspense>
    </SoloCard>
  );
}

const TITLES = ["", "Connect your client", "Approve your first tool", "Run it"];
const INTROS = [
  "",
  "One MCP server for all your clients. Begin with the one you use most.",
  "LLMs ask, you decide. Here is what that looks like, with a tool that is safe to try.",
  "It is live: every connected client can call it now. Try it from here.",
];

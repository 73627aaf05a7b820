import { useNavigate } from "@tanstack/react-router";
import { AccountStep } from "./AccountStep";
import { takeToken } from "./token";

/** From nothing to the first approved run. */
export function SetupPage() {
  const navigate = useNavigate();
  return <AccountStep token={takeToken()} onDone={() => void navigate({ to: "/" })} />;
}

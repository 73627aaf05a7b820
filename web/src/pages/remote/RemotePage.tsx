import { PageHeader } from "@/components/PageHeader";
import { Authorizations } from "./Authorizations";
import { Tokens } from "./Tokens";
import { Waiting } from "./Waiting";

/** Who reaches the box from elsewhere, and who waits to. */
export function RemotePage() {
  return (
    <>
      <PageHeader title="Remote access">Which clients elsewhere may use this box, for whom, and what each may do. What is revoked ends at once.</PageHeader>
      <Waiting />
      <Authorizations />
      <Tokens />
    </>
  );
}

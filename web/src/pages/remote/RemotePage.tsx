import { api } from "@/api/client";
import { PageHeader } from "@/components/PageHeader";
import { Authorizations } from "./Authorizations";
import { Connect } from "./Connect";
import { Tokens } from "./Tokens";
import { Waiting } from "./Waiting";

/** Who reaches the box from elsewhere, and who waits to. */
export function RemotePage() {
  const { data: connection } = api.useSuspenseQuery("get", "/api/connection");
  const url = connection.public_url ? `${connection.public_url}/mcp` : undefined;
  return (
    <>
      <PageHeader title="Remote access">Which clients elsewhere may use this box, for whom, and what each may do. What is revoked ends at once.</PageHeader>
      <Waiting />
      <Authorizations url={url} />
      {url && <Connect url={url} />}
      <Tokens />
    </>
  );
}

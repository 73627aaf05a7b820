import { useState } from "react";
import { api } from "@/api/client";
import { PageHeader } from "@/components/PageHeader";
import { Choice } from "./Choice";
import { DocumentField } from "./DocumentField";
import { Imported } from "./Imported";

/** What of this API should be tools? */
export function ImportOpenApi() {
  const [document, setDocument] = useState("");
  const look = api.useMutation("post", "/api/openapi/look");
  const bring = api.useMutation("post", "/api/openapi/import");
  const again = () => {
    look.reset();
    bring.reset();
  };
  return (
    <>
      <PageHeader title="From an OpenAPI document" parent={{ label: "Servers", to: "/servers" }}>
        Each operation that you choose becomes one draft of a tool. Nothing is approved by it, and nothing runs before you reviewed it.
      </PageHeader>
      {bring.data && !bring.data.dry_run ? (
        <Imported report={bring.data} onAgain={again} />
      ) : look.data ? (
        <Choice
          key={look.submittedAt}
          document={document}
          look={look.data}
          report={bring.data}
          error={bring.error}
          isPending={bring.isPending}
          onSend={(body) => bring.mutate({ body })}
          onChange={bring.reset}
          onBack={again}
        />
      ) : (
        <DocumentField text={document} onText={setDocument} onLook={() => look.mutate({ body: { document } })} isLooking={look.isPending} error={look.error} />
      )}
    </>
  );
}

// From a client's request to a code: consent first, then Access says who it is. Nothing is trusted from a form but the handle of
// the stored request and what was ticked.

import {
  AuthorizationError,
  authorizationErrorRedirect,
  CimdFetchError,
  type OAuthHelpers,
} from "@cloudflare/workers-oauth-provider";
import { type Env, SCOPES } from "./env";
import { consentPage, messagePage } from "./pages";
import * as people from "./people";

/** `GET /oauth/authorize`: the page that asks. */
export function askConsent(request: Request, oauth: OAuthHelpers): Promise<Response> {
  return orExplain(async () => {
    const asked = await oauth.parseAuthRequest(request);
    const known = new Set<string>(Object.values(SCOPES));
    const scope = asked.scope.filter((name) => known.has(name));
    // Clients that name nothing, or nothing known, are asked for the least there is.
    const wanted = { ...asked, scope: scope.length > 0 ? scope : [SCOPES.tools] };
    const details = await oauth.describeConsent(wanted);
    const consent = await oauth.beginConsent(wanted);
    return consentPage(details, consent.handle, consent.headers);
  });
}

/** `POST /oauth/authorize`: the answer; on to Access, or back with a refusal. */
export function answerForm(request: Request, env: Env, oauth: OAuthHelpers): Promise<Response> {
  return orExplain(async () => {
    const form = await request.formData();
    const handle = String(form.get("handle") ?? "");
    if (form.get("decision") !== "approve") {
      const denied = await oauth.denyConsent(request, handle);
      return new Response(null, { status: 302, headers: denied.headers });
    }
    const ticked = form.getAll("scope").map(String);
    if (ticked.length === 0) throw new AuthorizationError("invalid_scope", { description: "Nothing was allowed." });
    const approved = await oauth.approveConsent(request, handle, { scope: ticked });
    const secrets = people.secrets();
    const { state, headers } = await oauth.beginUpstream(approved.request, {
      data: secrets,
      headers: approved.headers,
    });
    headers.set("Location", await people.signInUrl(env, state, secrets));
    return new Response(null, { status: 302, headers });
  });
}

/** `GET /oauth/callback`: Access sent somebody back. */
export function finishSignIn(request: Request, env: Env, oauth: OAuthHelpers): Promise<Response> {
  return orExplain(async () => {
    const { request: asked, data, headers } = await oauth.finishUpstream<people.Secrets>(request);
    const email = await people.whoIs(env, new URL(request.url), data);
    if (email === undefined) {
      headers.set("Location", authorizationErrorRedirect(asked, "access_denied", "The sign-in was not completed"));
      return new Response(null, { status: 302, headers });
    }
    const { redirectTo } = await oauth.completeAuthorization({
      request: asked,
      userId: encodeURIComponent(email),
      metadata: {},
      scope: asked.scope,
      props: { email },
    });
    headers.set("Location", redirectTo);
    return new Response(null, { status: 302, headers });
  });
}

/** Errors go to the client only when its address was checked; otherwise the human reads them here. */
async function orExplain(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AuthorizationError && error.redirectTo) return Response.redirect(error.redirectTo, 302);
    if (error instanceof AuthorizationError) return messagePage(400, error.description);
    if (error instanceof CimdFetchError) return messagePage(400, "This client's description could not be read.");
    console.error("sign-in failed", error);
    return messagePage(502, "Signing in did not work. Start again from your client; the Worker's log says why.");
  }
}

/** Passkeys of this browser. The options come from the server as JSON; what the browser says goes back as JSON. */

type Json = Record<string, unknown>;

export const hasPasskeys = (): boolean => typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

/** Makes a passkey; undefined when somebody gave up. */
export async function makePasskey(options: unknown): Promise<Json | undefined> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  return answered(navigator.credentials.create({ publicKey }));
}

/** Asks for a passkey; undefined when somebody gave up, or none fits. */
export async function askPasskey(options: unknown): Promise<Json | undefined> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  return answered(navigator.credentials.get({ publicKey }));
}

async function answered(asked: Promise<Credential | null>): Promise<Json | undefined> {
  try {
    const credential = await asked;
    return credential instanceof PublicKeyCredential ? (credential.toJSON() as Json) : undefined;
  } catch (error) {
    if (error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError")) return undefined;
    if (error instanceof DOMException && error.name === "InvalidStateError") throw new Error("This device has a passkey for this account already.");
    throw error;
  }
}

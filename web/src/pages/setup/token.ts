const KEY = "mcpbox-setup-token";

/** The one-time token of the setup link. It leaves the address at once, and stays with this tab until it is used. */
export function takeToken(): string | undefined {
  const given = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEY, given);
    window.history.replaceState(window.history.state, "", window.location.pathname);
  }
  return sessionStorage.getItem(KEY) ?? undefined;
}

export const forgetToken = (): void => sessionStorage.removeItem(KEY);

import { setNonce } from "get-nonce";

/** The nonce of this page: Vite leaves it in a meta element. Empty in development, where there is no policy. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

// Parts of Mantine that lock scrolling write a style element through this package.
if (nonce) setNonce(nonce);

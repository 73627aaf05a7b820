// What an admin does to a box, without a browser.
import { type Box, PASSWORD, USERNAME } from "./box.js";

const sessions = new WeakMap<Box, string>();

interface Shown {
  review: { content_hash: string };
  approval_needs: { acknowledge: string[]; tool_name?: string | null };
}

/** Approves a review as it stands, with all that an approval of its risk must carry. */
export async function approve(box: Box, review: string, comment = "Read it."): Promise<void> {
  const cookie = sessions.get(box) ?? (await login(box));
  sessions.set(box, cookie);
  const shown = await fetch(`${box.url}/api/reviews/${review}`, { headers: { cookie } });
  const { review: seen, approval_needs: needs } = (await shown.json()) as Shown;
  const body = JSON.stringify({ content_hash: seen.content_hash, comment, acknowledged: needs.acknowledge, tool_name: needs.tool_name });
  const answer = await fetch(`${box.url}/api/reviews/${review}/approve`, { method: "POST", headers: { "content-type": "application/json", origin: box.url, cookie }, body });
  if (!answer.ok) throw new Error(`the approval was refused: ${answer.status} ${await answer.text()}`);
}

async function login(box: Box): Promise<string> {
  const body = JSON.stringify({ username: USERNAME, password: PASSWORD });
  const answer = await fetch(`${box.url}/api/session`, { method: "POST", headers: { "content-type": "application/json", origin: box.url }, body });
  if (!answer.ok) throw new Error(`the login was refused: ${answer.status}`);
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

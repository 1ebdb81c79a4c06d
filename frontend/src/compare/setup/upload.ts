// Brings one file to the server and says how far it is. `fetch` tells no progress, so this one asks in the older way.
import { api, refusal, renew, type Schemas, Unreachable } from "../../api/client";

export type Attachment = Schemas["Attachment"];

/** `tell`: the share that has been sent. */
export async function upload(file: File, tell: (share: number) => void, signal: AbortSignal): Promise<Attachment> {
  const first = await post(file, tell, signal);
  const answer = first.status === 401 && (await renew().catch(() => false)) ? await post(file, tell, signal) : first;
  const body: unknown = parsed(answer.responseText);
  if (answer.status < 300) return body as Attachment;
  throw refusal(body, new Response(null, { status: answer.status }));
}

/** One that went nowhere. The server would do so by itself after a while. */
export function forget(attachment: Attachment): void {
  const params = { path: { attachment_id: attachment.id } };
  void api.DELETE("/api/attachments/{attachment_id}", { params }).catch(() => {});
}

function post(file: File, tell: (share: number) => void, signal: AbortSignal): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/attachments?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => tell(total > 0 ? loaded / total : 0);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Unreachable());
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

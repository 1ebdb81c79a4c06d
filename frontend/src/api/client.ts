// The one place that speaks HTTP to the server. It knows the paths of the OpenAPI document and no domain words.
import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** The server answered, and said no. Its words may be shown. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    message: string,
    readonly status: number,
    readonly code = "",
    readonly requestId = "",
    readonly details: Schemas["ErrorBody"]["details"] = [],
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

/** Nobody answered, or too late. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(cause?: unknown) {
    super("The server does not answer.", { cause });
  }
}

const patience = 30_000;

let linkToken: string | null = null;
let renewing: Promise<boolean> | null = null;
let signedOut: () => void = () => {};

/** Who came by a share link shows it with every request; null takes it back. */
export function showLink(token: string | null): void {
  linkToken = token;
}

/** Called once when even a new access token cannot be had. */
export function whenSignedOut(tell: () => void): void {
  signedOut = tell;
}

/** A new access token for the browser's cookie; false: nobody is signed in. Rejects when that cannot be told now.
 * Whoever asks meanwhile waits for the same answer. */
export function renew(): Promise<boolean> {
  renewing ??= reach(new Request("/auth/refresh", json({})))
    .then((answer) => {
      if (!answer.ok && answer.status !== 401) throw refusal(null, answer);
      return answer.ok;
    })
    .finally(() => (renewing = null));
  return renewing;
}

async function send(request: Request): Promise<Response> {
  if (linkToken) request.headers.set("authorization", `Bearer ${linkToken}`);
  const again = request.clone();
  const answer = await reach(request);
  if (answer.status !== 401 || linkToken || new URL(request.url).pathname.startsWith("/auth/log")) return answer;
  if (await renew()) return reach(again);
  signedOut();
  return answer;
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(patience)]) });
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Unreachable(error);
  }
}

function json(body: unknown): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  headers: { accept: "application/json" },
  cache: "no-store",
  fetch: send,
});

/** An answer as JSON. Some addresses have others too, as text, for whoever asks for them. */
type Document<Answer> = Exclude<NonNullable<Answer>, string>;

/** What was answered, or Refused with the server's own words. */
export async function answered<Answer>(
  asked: Promise<{ data?: Answer; error?: unknown; response: Response }>,
): Promise<Document<Answer>> {
  const { data, error, response } = await asked;
  if (response.ok) return data as Document<Answer>;
  throw refusal(error, response);
}

export function refusal(error: unknown, response: Response): Refused {
  const retry = Number(response.headers.get("retry-after"));
  const body = isErrorBody(error) ? error : null;
  return new Refused(
    body?.message ?? `The server answered ${response.status}.`,
    response.status,
    body?.code,
    body?.requestId ?? response.headers.get("x-request-id") ?? "",
    body?.details,
    retry > 0 ? retry : null,
  );
}

function isErrorBody(body: unknown): body is Schemas["ErrorBody"] {
  return typeof body === "object" && body !== null && "message" in body && "requestId" in body;
}


// The one place that speaks HTTP to the server. It knows the paths of the OpenAPI document and no domain words.
import type { paths } from "./schema";

type Readable = { [Path in keyof paths]: paths[Path] extends { get: unknown } ? Path : never }[keyof paths];

type Responses<Path extends Readable> = paths[Path] extends { get: { responses: infer R } } ? R : never;

export type Body<Path extends Readable> =
  Responses<Path> extends { 200: { content: { "application/json": infer B } } } ? B : never;

export class Refused extends Error {
  constructor(readonly status: number) {
    super(`The server answered ${status}`);
  }
}

const patience = 8000;

/** Rejects when the server cannot be reached, is too slow, or answers with a status that carries no such document. */
export async function get<Path extends Readable>(path: Path, carrying: readonly number[] = [200]): Promise<Body<Path>> {
  const response = await fetch(path, {
    headers: { accept: "application/json" },
    cache: "no-store",
    signal: AbortSignal.timeout(patience),
  });
  if (!carrying.includes(response.status)) throw new Refused(response.status);
  return (await response.json()) as Body<Path>;
}

// A file that shall become a comparison: what is wrong with it is said in words, before and after it is sent.
import { answered, api, type Schemas } from "../api/client";

type Document = Schemas["Document"];

/** What the file is, not what happened to it. */
export class NoExport extends Error {
  override readonly name = "NoExport";
}

export async function importFile(file: File): Promise<Schemas["CopiedComparison"]> {
  const body = documentOf(await file.text());
  return answered(api.POST("/api/comparisons/import", { body }));
}

/** What is inside, the server looks at; what is no export at all is not worth sending. */
export function documentOf(text: string): Document {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new NoExport("It is no JSON file. Export a comparison as JSON and take that file.");
  }
  if (!isDocument(read)) throw new NoExport("It is JSON, but no comparison that Bakeoff has exported.");
  return read;
}

function isDocument(read: unknown): read is Document {
  if (typeof read !== "object" || read === null) return false;
  return "format" in read && "comparison" in read && typeof read.comparison === "object";
}

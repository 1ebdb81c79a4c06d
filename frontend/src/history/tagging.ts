// Tags as the server keeps them: in lower case, each once. Pure.

export const mostTags = 20;
export const longestTag = 50;

export function tagOf(text: string): string {
  return text.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean).join(" ");
}

export function withTag(tags: readonly string[], text: string): readonly string[] {
  const tag = tagOf(text);
  return !tag || tags.includes(tag) ? tags : [...tags, tag];
}

export function tagProblem(tags: readonly string[], text: string): string | undefined {
  const tag = tagOf(text);
  if (!tag) return "There is nothing in it.";
  if (tag.length > longestTag) return `A tag has ${longestTag} characters at most.`;
  if (tags.length >= mostTags && !tags.includes(tag)) return `There may be ${mostTags} at most.`;
  return undefined;
}

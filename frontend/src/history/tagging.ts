// Tags as the server keeps them: in lower case, each once. Pure.

export const mostTags = 20;
export const longestTag = 50;

function tagOf(text: string): string {
  return text.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean).join(" ");
}

/** What is typed or pasted may be several, with commas between them. */
export function withTags(tags: readonly string[], text: string): readonly string[] {
  return [...new Set([...tags, ...tagsIn(text)])];
}

export function tagProblem(tags: readonly string[], text: string): string | undefined {
  const wanted = tagsIn(text);
  if (!wanted.length) return "There is nothing in it.";
  if (wanted.some((tag) => tag.length > longestTag)) return `A tag has ${longestTag} characters at most.`;
  return withTags(tags, text).length > mostTags ? `There may be ${mostTags} at most.` : undefined;
}

function tagsIn(text: string): readonly string[] {
  return text.split(",").map(tagOf).filter(Boolean);
}

// The last line while it is being written: marks that will close are closed, marks that say nothing yet wait.
// Knows the look of a text in progress only; a finished text never comes here.

/** The text as it can be shown now, so that nothing flashes as a heading or a row of asterisks. */
export function showable(source: string): string {
  const start = source.lastIndexOf("\n") + 1;
  const before = source.slice(0, start);
  const line = source.slice(start);
  if (isInCode(before)) return /^[ \t>]*[`~]+$/.test(line) ? before : source;
  if (/^[\s>|:=#*+_~`$\\-]*(?:\d{1,9}[.)]?)?$/.test(line)) return before;
  return before + mended(line);
}

function isInCode(lines: string): boolean {
  let open = "";
  for (const [, mark = ""] of lines.matchAll(/^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})/gm)) {
    if (!open) open = mark;
    else if (mark.startsWith(open)) open = "";
  }
  return open !== "";
}

/** One line with the marks that it still owes. */
export function mended(line: string): string {
  // Code that is closed can hold any mark; its letters count for nothing.
  const prose = line.replace(/(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)/g, (span) => "x".repeat(span.length));
  const code = /`+/.exec(prose);
  if (code) {
    const inside = line.slice(code.index + code[0].length);
    const start = line.slice(0, code.index);
    return inside.trim() ? start + code[0] + inside + code[0] + owed(prose.slice(0, code.index)) : closed(start, start);
  }
  const link = /(!?)\[([^[\]]*)\]\([^()\s]*$/.exec(prose);
  if (link) {
    const label = link[1] ? "" : line.slice(link.index + 1, link.index + 1 + (link[2] ?? "").length);
    return closed(line.slice(0, link.index) + label, prose.slice(0, link.index) + label);
  }
  return closed(line, prose);
}

function closed(line: string, prose: string): string {
  // Marks that have only just opened wait for their first letter.
  const opening = /(?:^|[\s(])(?:\*{1,3}|_{1,3}|~~)$/.exec(prose);
  if (opening) return line.slice(0, opening.index + (/^[\s(]/.test(opening[0]) ? 1 : 0));
  const debt = owed(prose);
  return debt ? line.trimEnd() + debt : line;
}

function owed(prose: string): string {
  let debt = "";
  let rest = prose;
  for (const mark of ["**", "~~", "__"]) {
    if (rest.split(mark).length % 2 === 0) debt = mark + debt;
    rest = rest.replaceAll(mark, "  ");
  }
  const opened = [...rest.matchAll(/(?<![\p{L}\p{N}*])\*(?=[^\s*])/gu)].length;
  const ended = [...rest.matchAll(/(?<=[^\s*])\*(?![\p{L}\p{N}*])/gu)].length;
  return opened > ended ? `*${debt}` : debt;
}

// Character references as letters. The few names that answers use; what is not known stays as it was written.

const letters: Record<string, string> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", ensp: "\u2002", emsp: "\u2003", thinsp: "\u2009",
  shy: "\u00ad", zwj: "\u200d", zwnj: "\u200c", copy: "©", reg: "®", trade: "™", hellip: "…", mdash: "—", ndash: "–",
  lsquo: "‘", rsquo: "’", sbquo: "‚", ldquo: "“", rdquo: "”", bdquo: "„", laquo: "«", raquo: "»", lsaquo: "‹",
  rsaquo: "›", bull: "•", middot: "·", sect: "§", para: "¶", dagger: "†", Dagger: "‡", permil: "‰", deg: "°",
  plusmn: "±", times: "×", divide: "÷", minus: "−", frac12: "½", frac14: "¼", frac34: "¾", sup1: "¹", sup2: "²",
  sup3: "³", micro: "µ", le: "≤", ge: "≥", ne: "≠", asymp: "≈", equiv: "≡", infin: "∞", radic: "√", sum: "∑",
  prod: "∏", int: "∫", part: "∂", nabla: "∇", isin: "∈", notin: "∉", sub: "⊂", sup: "⊃", cap: "∩", cup: "∪", and: "∧",
  or: "∨", not: "¬", forall: "∀", exist: "∃", empty: "∅", larr: "←", uarr: "↑", rarr: "→", darr: "↓", harr: "↔",
  lArr: "⇐", rArr: "⇒", hArr: "⇔", alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", theta: "θ",
  lambda: "λ", mu: "μ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", omega: "ω", Delta: "Δ", Sigma: "Σ",
  Omega: "Ω", euro: "€", pound: "£", yen: "¥", cent: "¢", agrave: "à", aacute: "á", auml: "ä", Auml: "Ä", aring: "å",
  ccedil: "ç", egrave: "è", eacute: "é", iacute: "í", ntilde: "ñ", oacute: "ó", ouml: "ö", Ouml: "Ö", oslash: "ø",
  uacute: "ú", uuml: "ü", Uuml: "Ü", szlig: "ß", check: "✓", cross: "✗", star: "☆", hearts: "♥", num: "#",
  lowbar: "_", ast: "*", vert: "|", verbar: "|", lbrack: "[", rbrack: "]", lpar: "(", rpar: ")", lcub: "{", rcub: "}",
  colon: ":", semi: ";", comma: ",", period: ".", sol: "/", bsol: "\\", grave: "`", dollar: "$", percnt: "%",
  commat: "@", excl: "!", quest: "?", equals: "=", plus: "+", Tab: "\t", NewLine: "\n",
};

export function decoded(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z][a-zA-Z\d]{1,9}));/g, letterFor);
}

function letterFor(reference: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return (Object.hasOwn(letters, name) ? letters[name] : undefined) ?? reference;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
  const isLetter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isLetter ? String.fromCodePoint(code) : "\ufffd";
}

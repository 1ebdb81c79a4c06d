// Which addresses an answer may lead to. Knows schemes and sizes; opens nothing.

const linkSchemes = new Set(["http:", "https:", "mailto:"]);
const picture = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/;
const largestPicture = 3_000_000;

/** The address as the browser will read it, or null when it leads anywhere but to the web or a mailbox. */
export function linkAddress(href: string): string | null {
  const address = parsed(href);
  return address && linkSchemes.has(address.protocol) ? address.href : null;
}

/** A picture that came with the text itself; nothing is fetched for it. */
export function embeddedPicture(href: string): string | null {
  return href.length <= largestPicture && picture.test(href) ? href : null;
}

/** The host that would learn of it, if the picture were fetched. */
export function pictureHost(href: string): { address: string; host: string } | null {
  const address = parsed(href);
  if (!address || (address.protocol !== "http:" && address.protocol !== "https:")) return null;
  return { address: address.href, host: address.host };
}

function parsed(href: string): URL | null {
  // Without a base, so that a relative address leads nowhere: it would lead into this site.
  return URL.canParse(href) ? new URL(href) : null;
}

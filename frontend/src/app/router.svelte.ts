// Which page an address leads to, and going there without loading the document anew. Knows no page.

export type Params = Readonly<Record<string, string>>;

/** `/c/:id` against `/c/1`: the named parts, or null. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [place, part] of wanted.entries()) {
    const there = given[place] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = decoded(there);
    else if (part !== there) return null;
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Router {
  url: URL = $state.raw(new URL(globalThis.location?.href ?? "http://localhost/"));

  /** Once, by the shell: links within the page and the browser's own back and forward. */
  listen(): () => void {
    addEventListener("popstate", this.#read);
    addEventListener("click", this.#follow);
    return () => {
      removeEventListener("popstate", this.#read);
      removeEventListener("click", this.#follow);
    };
  }

  go(to: string, { replace = false } = {}): void {
    const url = new URL(to, this.url);
    if (url.href === this.url.href && !replace) return;
    history[replace ? "replaceState" : "pushState"](null, "", url);
    this.#read();
    if (!replace) scrollTo(0, 0);
  }

  #read = (): void => {
    this.url = new URL(location.href);
  };

  #follow = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.hasAttribute("data-elsewhere")) return;
    if (link.origin !== location.origin || (link.hash && link.pathname === location.pathname)) return;
    event.preventDefault();
    this.go(link.href);
  };
}

export const router = new Router();

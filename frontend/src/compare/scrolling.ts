// How lanes scroll: each follows its text while it is at the bottom, and all go together when that is wished.
// Works on elements alone, so that a frame of text costs no work in the framework.

const near = 24;

export interface Follower {
  readonly toBottom: () => void;
  readonly destroy: () => void;
}

/** Keeps `scroller` at its bottom while it is there; tells when it is not any more. */
export function follow(scroller: HTMLElement, content: HTMLElement, tell: (away: boolean) => void): Follower {
  let following = true;
  let last = scroller.scrollTop;

  const atBottom = (): boolean => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop <= near;
  const toBottom = (): void => {
    following = true;
    scroller.scrollTop = scroller.scrollHeight;
    tell(false);
  };
  const scrolled = (): void => {
    // Only a hand scrolls up; growing text and our own steps go down.
    if (scroller.scrollTop < last - 1) following = atBottom();
    else if (atBottom()) following = true;
    last = scroller.scrollTop;
    tell(!following && !atBottom());
  };
  const grown = new ResizeObserver(() => {
    if (following) scroller.scrollTop = scroller.scrollHeight;
    else tell(!atBottom());
  });
  scroller.addEventListener("scroll", scrolled, { passive: true });
  grown.observe(content);
  grown.observe(scroller);
  return {
    toBottom,
    destroy: () => {
      grown.disconnect();
      scroller.removeEventListener("scroll", scrolled);
    },
  };
}

/** Scrollers of one board. While `together` says so, they move by the same pixels as the one that is moved. */
export class Together {
  #scrollers = new Set<HTMLElement>();
  #led = new WeakMap<HTMLElement, number>();

  constructor(readonly together: () => boolean) {}

  add(scroller: HTMLElement): () => void {
    let last = scroller.scrollTop;
    const scrolled = (): void => {
      const by = scroller.scrollTop - last;
      last = scroller.scrollTop;
      if (this.#led.get(scroller) === scroller.scrollTop || !this.together() || by === 0) return;
      for (const other of this.#scrollers) {
        if (other === scroller) continue;
        other.scrollTop += by;
        this.#led.set(other, other.scrollTop);
      }
    };
    this.#scrollers.add(scroller);
    scroller.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      this.#scrollers.delete(scroller);
      scroller.removeEventListener("scroll", scrolled);
    };
  }
}

// What a connection needs of the browser, so that it can be handed something else. Knows no protocol.

export type Socket = Pick<WebSocket, "addEventListener" | "bufferedAmount" | "close" | "readyState" | "send">;

export interface Surroundings {
  /** `query` is empty or begins with a question mark. */
  openSocket(query: string): Socket;
  /** From 0 up to 1. */
  random(): number;
  now(): number;
  /** Answers how to take it back. */
  after(milliseconds: number, act: () => void): () => void;
  /** Calls when the page may have slept: the network is back, the tab is looked at again. */
  onAwake(act: () => void): () => void;
}

export const browser: Surroundings = {
  openSocket(query) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(`${scheme}//${location.host}/ws${query}`);
  },
  random: () => Math.random(),
  now: () => Date.now(),
  after(milliseconds, act) {
    const timer = setTimeout(act, milliseconds);
    return () => clearTimeout(timer);
  },
  onAwake(act) {
    const onVisibility = (): void => {
      if (document.visibilityState === "visible") act();
    };
    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("online", act);
    window.addEventListener("pageshow", act);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("online", act);
      window.removeEventListener("pageshow", act);
    };
  },
};

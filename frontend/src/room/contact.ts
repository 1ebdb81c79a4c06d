// How a page stands with the server, and what the end of a socket means for it. Pure: no sockets, no timers.

export type Contact =
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  /** It comes back by itself: at `again`, in milliseconds since the epoch; null: it is trying right now. */
  | { readonly is: "lost"; readonly again: number | null }
  /** It does not come back by itself. */
  | { readonly is: "closed"; readonly why: WhyClosed };

export type WhyClosed =
  | "left"
  | "signed_out"
  /** The server speaks a newer protocol: the page has to be loaded again. */
  | "outdated"
  /** Of one room: nobody may say whether it exists. */
  | "not_found"
  | "forbidden"
  | "access_ended"
  | "deleted";

/** When to come back after a socket's end. */
export type Return = "soon" | "later" | "signed_in";

const signInAgain = 4401;
// A protocol error, a policy violation, too big a message, "try again later": haste would make it worse.
const unwelcome: ReadonlySet<number> = new Set([1002, 1007, 1008, 1009, 1013]);

/** Everything else - a restart, a reader that was too slow, a lost network - is nobody's fault. */
export function afterClose(code: number): Return {
  if (code === signInAgain) return "signed_in";
  return unwelcome.has(code) ? "later" : "soon";
}

const shortest = 250;
const longest = 15_000;

/** Milliseconds to wait after so many failures in a row. Half of it is chance, so that not all come at once. */
export function backOff(failures: number, random: number): number {
  const whole = Math.min(longest, shortest * 2 ** Math.max(0, failures - 1));
  return Math.round(whole * (0.5 + random / 2));
}

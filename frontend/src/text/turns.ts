// Long work one piece at a time, so that the page stays quick when many answers are shown at once.

const waiting = new Set<() => void>();
let isScheduled = false;

/** Returns how to take it back. */
export function inTurn(work: () => void): () => void {
  waiting.add(work);
  schedule();
  return () => waiting.delete(work);
}

function schedule(): void {
  if (isScheduled || waiting.size === 0) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    const [next] = waiting;
    if (next) waiting.delete(next);
    schedule();
    next?.();
  });
}

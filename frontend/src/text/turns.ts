// Work of many answers that are shown at once, dealt out so that the page stays quick.

/** How many growing answers are painted in one frame: what they cost the browser comes after, and adds up. */
const atOnce = 3;

const waiting = new Set<() => void>();
const growing = new Set<() => void>();
let isScheduled = false;
let isFrameAsked = false;

/** Long work, one piece in a task. Returns how to take it back. */
export function inTurn(work: () => void): () => void {
  waiting.add(work);
  schedule();
  return () => waiting.delete(work);
}

/** A few pieces in each frame, and none while nobody sees the page. Returns how to take it back. */
export function inNextFrames(work: () => void): () => void {
  growing.add(work);
  askForFrame();
  return () => growing.delete(work);
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

function askForFrame(): void {
  if (isFrameAsked || growing.size === 0) return;
  isFrameAsked = true;
  requestAnimationFrame(() => {
    isFrameAsked = false;
    try {
      for (const work of [...growing].slice(0, atOnce)) if (growing.delete(work)) work();
    } finally {
      askForFrame();
    }
  });
}

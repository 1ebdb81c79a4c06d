// Work of many answers that are shown at once, dealt out so that the page stays quick.

/** How many growing answers are painted in one frame: what they cost the browser comes after, and adds up. */
const most = 3;
/** Milliseconds, layout and all: after a frame that took longer, fewer are painted in the next; after a short one, more. */
const longFrame = 24;
const shortFrame = 12;

const waiting = new Set<() => void>();
const growing = new Set<() => void>();
let isScheduled = false;
let isFrameAsked = false;
let atOnce = most;
let isKeyAwaited = false;
let wasForKey = false;

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

/** The next frame is for whoever has pressed a key: it should not wait for answers. The one after that is not. */
export function keyFirst(): void {
  isKeyAwaited = true;
}

function askForFrame(): void {
  if (isFrameAsked || growing.size === 0) return;
  isFrameAsked = true;
  requestAnimationFrame(() => {
    isFrameAsked = false;
    wasForKey = isKeyAwaited && !wasForKey;
    isKeyAwaited = false;
    try {
      if (!wasForKey) paintSome();
    } finally {
      askForFrame();
    }
  });
}

function paintSome(): void {
  const began = performance.now();
  setTimeout(() => {
    const took = performance.now() - began;
    if (took > longFrame) atOnce = Math.max(1, atOnce - 1);
    else if (took < shortFrame) atOnce = Math.min(most, atOnce + 1);
  });
  for (const work of [...growing].slice(0, atOnce)) if (growing.delete(work)) work();
}

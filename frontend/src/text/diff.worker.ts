// The worker that compares two answers: one question, one answer.
import { compare } from "./diff";
import type { Sides } from "./difference";

self.onmessage = ({ data }: MessageEvent<Sides>) => {
  self.postMessage(compare(data.before, data.after));
};

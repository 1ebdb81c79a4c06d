// The worker that colours code: one question, one answer.
import type { CodeQuestion } from "./colours";
import { highlight } from "./highlight";

self.onmessage = ({ data }: MessageEvent<CodeQuestion>) => {
  self.postMessage(highlight(data.code, data.language));
};

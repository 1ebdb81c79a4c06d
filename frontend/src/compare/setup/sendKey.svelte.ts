// Whether Enter alone sends, or begins a new line. In this browser.
import { Kept, oneOf } from "../../app/kept.svelte";

const kept = new Kept<"line" | "send">("enter", "line", oneOf("line", "send"));

export const sendKey = {
  get isEnter(): boolean {
    return kept.value === "send";
  },
  set isEnter(is: boolean) {
    kept.value = is ? "send" : "line";
  },
};

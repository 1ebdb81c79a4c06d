// What the keys of an open comparison do. Which keys they are, `app/keys` says.
import { shortcut } from "../app/keys";
import type { Shortcut } from "../app/shortcuts.svelte";
import { isRunning } from "./columns";
import type { Comparing } from "./comparing.svelte";

const numbered = 9;

export function shortcutsOf(comparing: Comparing): readonly Shortcut[] {
  const { view } = comparing;
  return [
    shortcut("stop-all", () => void comparing.stopAll()),
    shortcut("stop", () => {
      const response = latest();
      if (response && isRunning(response) && comparing.mayAsk) void comparing.stop(response);
    }),
    shortcut("regenerate", () => {
      const response = latest();
      if (response && comparing.mayAsk) void comparing.regenerate(response);
    }),
    shortcut("diff", () => {
      if (view.baseId) view.showsDifference = !view.showsDifference;
    }),
    shortcut("base", () => comparing.focused && view.toggleBase(comparing.focused.lane.id)),
    shortcut("views", () => view.nextLayout()),
    shortcut("collapse", () => comparing.focused && view.toggleCollapsed(comparing.focused.lane.id)),
    shortcut("together", () => (view.scrollsTogether = !view.scrollsTogether)),
    ...Array.from({ length: numbered }, (_, place) => shortcut(`lane-${place + 1}`, () => look(place))),
  ];

  function latest(): ReturnType<Comparing["latest"]> {
    return comparing.focused ? comparing.latest(comparing.focused) : null;
  }

  function look(place: number): void {
    const lane = comparing.columns[place]?.lane;
    if (!lane) return;
    view.laneId = lane.id;
    comparing.room.view(lane.id);
  }
}

// What the groups of costs are called.
import type { Group } from "./question";

export const groupNames: Readonly<Record<Group, string>> = {
  model: "Model",
  provider: "Provider",
  user: "User",
  comparison: "Comparison",
  day: "Day",
};

"""The listings of the character that writes code. Data only; `NAME` becomes a name made of the prompt."""

from typing import Final

SNIPPETS: Final = {
    "python": '''\
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    cost: float


def NAME(steps: Iterable[Step], budget: float) -> list[Step]:
    """Take the cheapest steps first, as many as the budget allows."""
    taken: list[Step] = []
    for step in sorted(steps, key=lambda step: step.cost):
        if step.cost > budget:
            break
        budget -= step.cost
        taken.append(step)
    return taken
''',
    "typescript": """\
type Step = { readonly name: string; readonly cost: number };

/** Take the cheapest steps first, as many as the budget allows. */
export function NAME(steps: readonly Step[], budget: number): Step[] {
  const taken: Step[] = [];
  for (const step of [...steps].sort((a, b) => a.cost - b.cost)) {
    if (step.cost > budget) break;
    budget -= step.cost;
    taken.push(step);
  }
  return taken;
}
""",
    "rust": """\
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub name: String,
    pub cost: f64,
}

/// Take the cheapest steps first, as many as the budget allows.
pub fn NAME(mut steps: Vec<Step>, mut budget: f64) -> Vec<Step> {
    steps.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    steps
        .into_iter()
        .take_while(|step| {
            budget -= step.cost;
            budget >= 0.0
        })
        .collect()
}
""",
    "go": """\
package main

import "sort"

type Step struct {
	Name string
	Cost float64
}

// NAME takes the cheapest steps first, as many as the budget allows.
func NAME(steps []Step, budget float64) (taken []Step) {
	sort.Slice(steps, func(i, j int) bool { return steps[i].Cost < steps[j].Cost })
	for _, step := range steps {
		if step.Cost > budget {
			break
		}
		budget -= step.Cost
		taken = append(taken, step)
	}
	return taken
}
""",
    "sql": """\
WITH ranked AS (
    SELECT name, cost, SUM(cost) OVER (ORDER BY cost, name) AS spent
    FROM NAME
)
SELECT name, cost
FROM ranked
WHERE spent <= :budget
ORDER BY cost, name;
""",
    "bash": """\
#!/usr/bin/env bash
set -euo pipefail

# Take the cheapest steps first, as many as the budget allows.
NAME() {
  local budget="$1" cost name
  sort -n | while read -r cost name; do
    (( cost <= budget )) || break
    budget=$(( budget - cost ))
    printf '%s\\t%s\\n' "$cost" "$name"
  done
}
""",
}

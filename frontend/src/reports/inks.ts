// The page's colours for a canvas, which knows no variables: each is read as it holds at this moment.
import type { Inks } from "./drawing";

export function inksOf(host: HTMLElement): Inks {
  const style = getComputedStyle(host);
  const ink = (name: string): string => {
    host.style.color = `var(--${name})`;
    return style.color;
  };
  const bar = ink("lane-0");
  const inks = {
    bar,
    openBar: faint(bar, 0.3),
    before: faint(ink("ink-soft"), 0.22),
    beforeEdge: faint(ink("ink-soft"), 0.5),
    text: ink("ink-soft"),
    grid: ink("line"),
    unsure: ink("warn"),
    note: ink("ink"),
    noteText: ink("paper"),
    font: style.fontFamily,
  };
  host.style.color = "";
  return inks;
}

function faint(colour: string, opacity: number): string {
  return colour.replace("rgb(", "rgba(").replace(")", `, ${opacity})`);
}

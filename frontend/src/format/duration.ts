// How long something took or has been going on. Pure, no clock of its own.
import { type Amount, decimal, isKnown, signed, unknown } from "./numbers";

/** A measured time: "842 ms", "3.2 s", "1 m 04 s", "2 h 05 m". */
export function duration(milliseconds: Amount, locale?: string): string {
  if (!isKnown(milliseconds)) return unknown;
  const time = Math.max(0, milliseconds);
  if (time < 999.5) return `${decimal(time, time > 0 && time < 9.95 ? 1 : 0, locale)} ms`;
  if (time < 59_950) return `${decimal(time / 1000, 1, locale)} s`;
  const seconds = Math.round(time / 1000);
  if (seconds < 3600) return pair(seconds, 60, "m", "s");
  return pair(Math.round(seconds / 60), 60, "h", "m");
}

/** How much longer or shorter than its base: "+1.2 s", "−340 ms". */
export function signedDuration(milliseconds: Amount, base: Amount, locale?: string): string {
  if (!isKnown(milliseconds) || !isKnown(base)) return unknown;
  const difference = milliseconds - base;
  if (Math.abs(difference) < 999.5) return `${signed(difference, 0, locale)} ms`;
  return `${signed(difference / 1000, 1, locale)} s`;
}

/** Milliseconds with as many digits as the eye can use: 0.42, 7.3, 128. */
export function milliseconds(value: number, locale?: string): string {
  return decimal(value, value < 0.995 ? 2 : value < 9.95 ? 1 : 0, locale);
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** For how long something has been up, in its two largest units. */
export function uptime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < minute) return `${whole} s`;
  if (whole < hour) return `${Math.floor(whole / minute)} min`;
  if (whole < day) return `${Math.floor(whole / hour)} h ${Math.floor((whole % hour) / minute)} min`;
  return `${Math.floor(whole / day)} d ${Math.floor((whole % day) / hour)} h`;
}

function pair(value: number, step: number, large: string, small: string): string {
  return `${Math.floor(value / step)} ${large} ${(value % step).toString().padStart(2, "0")} ${small}`;
}

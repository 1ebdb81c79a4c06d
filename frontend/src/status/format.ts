// Figures as people read them. Pure functions, no clock of their own.

/** Milliseconds with as many digits as the eye can use: 0.42, 7.3, 128. */
export function milliseconds(value: number): string {
  if (value < 0.995) return value.toFixed(2);
  if (value < 9.95) return value.toFixed(1);
  return Math.round(value).toString();
}

const steps = ["B", "KB", "MB", "GB", "TB"] as const;

/** Bytes in steps of 1,024, as a figure and its unit. */
export function bytes(value: number): { figure: string; unit: string } {
  let rest = value;
  let step = 0;
  while (rest >= 999.5 && step < steps.length - 1) {
    rest /= 1024;
    step += 1;
  }
  const digits = step === 0 || rest >= 99.95 ? 0 : 1;
  return { figure: rest.toFixed(digits), unit: steps[step] ?? "B" };
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something has been going on, in its two largest units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < minute) return `${whole} s`;
  if (whole < hour) return `${Math.floor(whole / minute)} min`;
  if (whole < day) return `${Math.floor(whole / hour)} h ${Math.floor((whole % hour) / minute)} min`;
  return `${Math.floor(whole / day)} d ${Math.floor((whole % day) / hour)} h`;
}

/** The time of day on the reader's own clock. */
export function timeOfDay(moment: Date, locale?: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", ...zone }).format(moment);
}

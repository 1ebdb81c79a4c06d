// What a device says of itself, as people would call it: "Firefox on Windows". Pure.

export interface DeviceName {
  readonly name: string;
  readonly kind: "computer" | "phone" | "program";
}

// The first that is found counts: most browsers claim to be several of them.
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Headless)?Chrome\/|\bCriOS\/|\bChromium\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

const systems: readonly (readonly [RegExp, string, DeviceName["kind"]])[] = [
  [/\biPhone\b/, "iPhone", "phone"],
  [/\biPad\b/, "iPad", "phone"],
  [/\bAndroid\b/, "Android", "phone"],
  [/\bWindows\b/, "Windows", "computer"],
  [/\bCrOS\b/, "ChromeOS", "computer"],
  [/\bMac OS X\b/, "macOS", "computer"],
  [/\bLinux\b|\bX11\b/, "Linux", "computer"],
];

export function deviceName(userAgent: string): DeviceName {
  const browser = browsers.find(([sign]) => sign.test(userAgent))?.[1];
  const [, system, kind] = systems.find(([sign]) => sign.test(userAgent)) ?? [];
  if (!browser) return { name: programIn(userAgent), kind: "program" };
  return { name: system ? `${browser} on ${system}` : browser, kind: kind ?? "computer" };
}

/** "curl" of `curl/8.5.0`. */
function programIn(userAgent: string): string {
  return /^[^\s/]{1,40}/.exec(userAgent)?.[0] ?? "Unknown device";
}

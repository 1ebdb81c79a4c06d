import { expect, test } from "vitest";

import { deviceName } from "./deviceName";

const engine = "AppleWebKit/537.36 (KHTML, like Gecko)";
const apple = "AppleWebKit/605.1.15 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (X11; Linux x86_64) ${engine} HeadlessChrome/140.0.0.0 Safari/537.36`, "Chrome on Linux", "computer"],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${engine} Chrome/140.0.0.0 Safari/537.36 Edg/140.0`,
    "Edge on Windows",
    "computer",
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${engine} Chrome/139.0.0.0 Safari/537.36`,
    "Chrome on ChromeOS",
    "computer",
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${engine} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    "Samsung Internet on Android",
    "phone",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Firefox on Windows",
    "computer",
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${apple} Version/26.0 Safari/605.1.15`,
    "Safari on macOS",
    "computer",
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${apple} CriOS/140.0 Mobile/15E148 Safari/604.1`,
    "Chrome on iPhone",
    "phone",
  ],
  ["curl/8.5.0", "curl", "program"],
  ["python-httpx/0.28 something", "python-httpx", "program"],
  ["", "Unknown device", "program"],
] as const)("%s is %s", (userAgent, name, kind) => {
  expect(deviceName(userAgent)).toEqual({ name, kind });
});

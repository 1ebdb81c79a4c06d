// The audit log in words: what was done, and what its details say. Pure.
import type { Schemas } from "../api/client";

export type Entry = Schemas["AuditAnswer"];

const words: Readonly<Record<string, string>> = {
  "user.registered": "made an account",
  "user.register_refused": "was refused an account",
  "user.signed_in": "signed in",
  "user.sign_in_failed": "failed to sign in",
  "user.changed": "changed a profile",
  "user.role_changed": "gave another role",
  "user.disabled": "shut out",
  "user.enabled": "let in again",
  "password.changed": "set a password",
  "device.signed_out": "signed out a device",
  "device.token_reused": "came with a token that was used before",
  "link.made": "made a link",
  "identity.linked": "linked an identity",
  "api_key.made": "made an API key",
  "api_key.revoked": "revoked an API key",
  "key.saved": "saved a provider key",
  "key.removed": "removed a provider key",
  "keys.rotated": "sealed all keys anew",
  "endpoint.saved": "saved a model server",
  "endpoint.removed": "removed a model server",
  "share.created": "shared a comparison",
  "share.changed": "changed a share",
  "share.removed": "took back a share",
  "budget.changed": "changed a budget",
};

/** What an administrator looks for first. */
const alarms = new Set(["user.register_refused", "user.sign_in_failed", "user.disabled", "device.token_reused"]);

export const subjects: readonly { readonly prefixes: readonly string[]; readonly label: string }[] = [
  { prefixes: ["user.", "password.", "device.", "identity."], label: "People and devices" },
  { prefixes: ["link."], label: "Links" },
  { prefixes: ["api_key."], label: "API keys" },
  { prefixes: ["key.", "keys.", "endpoint."], label: "Providers" },
  { prefixes: ["share."], label: "Shares" },
  { prefixes: ["budget."], label: "Budgets" },
];

/** "signed in"; a deed that this page does not know yet is shown as it is called. */
export function deedOf({ action }: Pick<Entry, "action">): string {
  return words[action] ?? action.replaceAll(/[._]/g, " ");
}

export function isAlarming({ action }: Pick<Entry, "action">): boolean {
  return alarms.has(action);
}

/** Who did it. Nobody: the command line, or somebody who did not get in. */
export function doerOf({ email, address }: Pick<Entry, "email" | "address">): string {
  return email || (address === "command line" ? "The command line" : "Somebody");
}

/** ": ada@example.org", unless it is who did it. */
export function subjectOf({ subject, email }: Pick<Entry, "subject" | "email">): string {
  return subject && subject !== email ? `: ${subject}` : "";
}

/** "role: member, shared: no". */
export function detailsOf({ details }: Pick<Entry, "details">): string {
  return Object.entries(details)
    .filter(([name, value]) => value !== null && value !== "" && name !== "device")
    .map(([name, value]) => `${spaced(name)}: ${told(value)}`)
    .join(", ");
}

/** Whether an entry is of the kind with this label (all, if empty) and has all the words. */
export function isSought(entry: Entry, kind: string, sought: string): boolean {
  const prefixes = subjects.find(({ label }) => label === kind)?.prefixes;
  if (prefixes && !prefixes.some((prefix) => entry.action.startsWith(prefix))) return false;
  const parts = [
    doerOf(entry),
    deedOf(entry),
    entry.action,
    entry.subject,
    entry.address,
    detailsOf(entry),
    entry.requestId,
  ];
  const text = parts.join(" ").toLowerCase();
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function told(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value)
    ? value.map(told).join(" ")
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
}

function spaced(name: string): string {
  return name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

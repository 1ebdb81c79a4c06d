// The people who have an account here, as an administrator sees and changes them.
import { answered, api, type Schemas } from "../api/client";
import type { User } from "../app/me.svelte";
import { Pages } from "../ui/fetched.svelte";

export type Role = User["role"];

export const roles: readonly { readonly name: Role; readonly about: string }[] = [
  { name: "viewer", about: "looks at what is shared" },
  { name: "member", about: "compares models, keeps keys" },
  { name: "admin", about: "manages people, budgets, everyone's keys" },
  { name: "owner", about: "all of it, other owners too" },
];

/** A page of the server's. */
const size = 100;

export const userPages = (): Pages<User> =>
  new Pages((last) => {
    const query = last ? { after: last.id } : {};
    return answered(api.GET("/api/users", { params: { query } }));
  }, size);

export function changeUser({ id }: User, change: Schemas["ChangeUser"]): Promise<User> {
  return answered(api.PATCH("/api/users/{user_id}", { params: { path: { user_id: id } }, body: change }));
}

export interface Link {
  readonly address: string;
  readonly expiresAt: string;
}

/** After the # nothing goes to a server: the secret is in no log. */
export async function makePasswordLink({ id }: User): Promise<Link> {
  const path = { user_id: id };
  const made = await answered(api.POST("/api/users/{user_id}/password-link", { params: { path } }));
  return { address: `${location.origin}/#password=${made.secret}`, expiresAt: made.expiresAt };
}

export async function invite(role: Role, email: string): Promise<Link> {
  const made = await answered(api.POST("/api/invitations", { body: { role, email: email.trim() || null } }));
  return { address: `${location.origin}/register#${made.secret}`, expiresAt: made.expiresAt };
}

/** Owners are changed by owners only. */
export function mayChange(by: User, other: User): boolean {
  return by.role === "owner" || (by.role === "admin" && other.role !== "owner");
}

export function rolesFor(by: User): readonly Role[] {
  return roles.map(({ name }) => name).filter((role) => role !== "owner" || by.role === "owner");
}

/** By name or address, all words. */
export function matches({ name, email, role }: User, sought: string): boolean {
  const text = `${name} ${email} ${role}`.toLowerCase();
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

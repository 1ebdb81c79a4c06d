// The ways into an account, each with what the server asks for. Draws nothing.
import { answered, api, type Schemas } from "../api/client";
import { me } from "../app/me.svelte";
import { router } from "../app/router.svelte";
import { Fetched } from "../ui/fetched.svelte";

/** How one can come in here. */
export const ways = new Fetched(() => answered(api.GET("/auth/ways")));

export async function signIn(email: string, password: string): Promise<void> {
  const { user } = await answered(api.POST("/auth/login", { body: { email, password } }));
  enter(user);
}

export async function register(account: Schemas["Register"]): Promise<void> {
  const { user } = await answered(api.POST("/auth/register", { body: account }));
  enter(user);
}

/** By a link. It signs out everywhere, so perhaps here as well. */
export async function setPassword(link: string, newPassword: string): Promise<void> {
  await answered(api.POST("/auth/password/reset", { body: { link, newPassword } }));
  await me.find();
}

/** Where one is led that has no account there: the page that was asked for, or the first one. */
export function leaveDoor(): void {
  if (["/sign-in", "/register", "/password"].includes(router.url.pathname)) router.go("/", { replace: true });
}

/** Away to the provider, and back to this page. */
export function providerAddress(here: URL): string {
  const back = here.pathname === "/sign-in" ? "/" : here.pathname + here.search;
  return `/auth/login?returnTo=${encodeURIComponent(back)}`;
}

function enter(user: Schemas["UserAnswer"]): void {
  me.signedIn(user);
  leaveDoor();
}

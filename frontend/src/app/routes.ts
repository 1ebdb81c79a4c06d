// The pages there are. Each is fetched when it is first looked at.
import type { Component } from "svelte";

import { match } from "./router.svelte";

/** What its address names, a page asks the router for. */
type Page = Component<Record<string, never>>;

export interface Route {
  readonly pattern: string;
  readonly title: string;
  readonly load: () => Promise<{ default: Page }>;
  /** Who need not be signed in to see it. */
  readonly open?: boolean;
}

/** One page under two addresses: it stays when the first prompt gives it the second. */
const playground = (): Promise<{ default: Page }> => import("../compare/Playground.svelte");

const routes: readonly Route[] = [
  { pattern: "/", title: "Playground", load: playground },
  { pattern: "/c/:id", title: "Comparison", load: playground },
  { pattern: "/shared", title: "Shared comparison", load: () => import("../compare/Shared.svelte"), open: true },
  { pattern: "/history", title: "History", load: () => import("../history/History.svelte") },
  { pattern: "/costs", title: "Costs", load: () => import("../reports/Reports.svelte") },
  { pattern: "/models", title: "Models", load: () => import("../models/Models.svelte") },
  { pattern: "/account", title: "Account", load: () => import("../account/Account.svelte") },
  { pattern: "/admin", title: "Administration", load: () => import("../admin/Admin.svelte") },
  { pattern: "/sign-in", title: "Sign in", load: () => import("../account/SignIn.svelte"), open: true },
  { pattern: "/register", title: "Make an account", load: () => import("../account/Register.svelte"), open: true },
  { pattern: "/password", title: "Set a password", load: () => import("../account/NewPassword.svelte"), open: true },
  { pattern: "/status", title: "Status", load: () => import("../status/Status.svelte"), open: true },
];

const missing: Route = {
  pattern: "",
  title: "Nothing here",
  load: () => import("./Missing.svelte"),
  open: true,
};

export function routeOf(path: string): Route {
  return routes.find((route) => match(route.pattern, path)) ?? missing;
}

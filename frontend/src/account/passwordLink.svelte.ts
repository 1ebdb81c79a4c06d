// The secret of a link that sets a password: `/#password=…`. It is taken out of the address as soon as it is seen,
// so that it stays in no history, and is kept in memory only.
import { router } from "../app/router.svelte";

const prefix = "#password=";

class PasswordLink {
  secret: string | null = $state(null);

  /** Once, before the first page is shown. */
  listen(): void {
    this.#receive();
    // Pasted into the address bar of a page that is open, a link loads nothing anew.
    addEventListener("hashchange", this.#receive);
  }

  forget(): void {
    this.secret = null;
  }

  #receive = (): void => {
    if (!location.hash.startsWith(prefix)) return;
    this.secret = location.hash.slice(prefix.length);
    router.go("/password", { replace: true });
  };
}

export const passwordLink = new PasswordLink();

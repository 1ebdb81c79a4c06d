// Who looks at the page.
import { answered, api, renew, type Schemas, whenSignedOut } from "../api/client";

export type User = Schemas["UserAnswer"];

class Me {
  /** Undefined until the server has said; null: nobody is signed in. */
  user: User | null | undefined = $state.raw(undefined);

  constructor() {
    whenSignedOut(() => (this.user = null));
  }

  async find(): Promise<void> {
    const { data, response } = await api.GET("/auth/me");
    if (data) this.user = data;
    else if (response.status === 401) this.user = null;
    else throw new Error(`The server answered ${response.status}.`);
  }

  signedIn(user: User): void {
    this.user = user;
  }

  async signOut(everywhere = false): Promise<void> {
    await answered(api.POST("/auth/logout", { body: { everywhere } }));
    this.user = null;
  }

  /** For sockets: the cookie they were opened with has ended. */
  stay(): Promise<boolean> {
    return renew();
  }

  get administers(): boolean {
    return this.user?.role === "owner" || this.user?.role === "admin";
  }

  /** Viewers look on. */
  get asks(): boolean {
    return this.user != null && this.user.role !== "viewer";
  }
}

export const me = new Me();

// One's own name, address and password, as the server keeps them.
import { answered, api, type Schemas } from "../api/client";
import { me } from "../app/me.svelte";

export async function changeProfile(change: Schemas["ChangeProfile"]): Promise<void> {
  me.signedIn(await answered(api.PATCH("/auth/me", { body: change })));
}

/** `current` is not asked for where there is none. */
export async function changePassword(current: string, newPassword: string): Promise<void> {
  await answered(api.POST("/auth/password", { body: { currentPassword: current, newPassword } }));
  await me.find();
}

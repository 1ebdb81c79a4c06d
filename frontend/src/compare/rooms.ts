// The page's one connection to rooms.
import { me } from "../app/me.svelte";
import { notices } from "../app/notices.svelte";
import { answered, api, Refused } from "../api/client";
import { Rooms } from "../room/rooms.svelte";
import { load } from "./actions";

export const rooms = new Rooms({
  load,
  async renew() {
    const stays = await me.stay();
    if (!stays) me.user = null;
    return stays;
  },
  noticed(notice) {
    if (notice.type === "budget_warning") notices.done(notice.message);
  },
});

/** For whoever has a share link, also while he is signed in: a ticket goes before the cookie. */
export function roomsByLink(token: string): Rooms {
  return new Rooms({ load, renew: () => Promise.resolve(false), ticket: () => ticketFor(token) });
}

/** Null: the link is good for nothing any more. */
async function ticketFor(token: string): Promise<string | null> {
  const headers = { authorization: `Bearer ${token}` };
  try {
    return (await answered(api.POST("/auth/ws-ticket", { headers }))).ticket;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null;
    throw error;
  }
}

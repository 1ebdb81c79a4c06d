// The audit log, page by page into the past.
import { answered, api } from "../api/client";
import { Pages } from "../ui/fetched.svelte";
import type { Entry } from "./deeds";

const size = 100;

export const auditPages = (): Pages<Entry> =>
  new Pages((last) => {
    const query = last ? { limit: size, before: last.id } : { limit: size };
    return answered(api.GET("/api/audit", { params: { query } }));
  }, size);

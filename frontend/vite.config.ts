import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Asked under its own name: who changes something has to come from the page's own address.
const server = { target: "http://127.0.0.1:8000", changeOrigin: false };

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "baseline-widely-available",
    // The content security policy allows no inline script, style or font; small images may be data addresses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000, // the API reference is one large bundle, loaded by its own page alone
    rolldownOptions: {
      input: { index: "index.html", reference: "reference.html" },
      output: {
        // What several pages use comes in one piece: icons of a few hundred bytes each took a request each.
        codeSplitting: { groups: [{ name: "common", test: /\/src\/(ui|format|app|api)\/|@lucide|\/svelte\//, minShareCount: 2 }] },
      },
    },
  },
  server: {
    proxy: {
      "/api": server,
      "/auth": server,
      "/comparison": server,
      "/health": server,
      "/schema/openapi.json": server,
      "/ws": { ...server, ws: true },
    },
  },
});

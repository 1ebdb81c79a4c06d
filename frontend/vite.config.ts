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

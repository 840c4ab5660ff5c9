/** The console's build: one page and its chunks, into the folder that the Worker serves. */
import path from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const root = import.meta.dirname;

export default defineConfig({
  root,
  base: "/console/",
  publicDir: path.join(root, "public"),
  plugins: [react()],
  // Code that the console shares with the gateway hashes with Node's names for it.
  resolve: { alias: { "node:crypto": path.join(root, "src/verify/sha256.ts") } },
  worker: { format: "es" },
  cacheDir: path.join(root, "../.tallygate/vite"),
  build: {
    outDir: path.join(root, "../dist/console"),
    emptyOutDir: true,
    target: "es2024",
    // The policy forbids inline scripts; browsers that run this code preload modules themselves.
    modulePreload: { polyfill: false },
    // No file becomes a data: address inside another: the policy would turn a script away.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});

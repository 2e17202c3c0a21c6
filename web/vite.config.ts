import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `vite --config web/vite.config.ts` serves the page while it is being written; the API is a server's on this
// machine, by default the one that `npm start` runs.
const server = process.env.HOLDFAST_WEB ?? 'http://localhost:8080';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  server: { proxy: { '^/holdfast\\.v1\\.': server } },
  build: {
    outDir: '../dist-web',
    emptyOutDir: true,
    target: 'es2022',
    manifest: true,
    // Style sheets are small: what loads later needs none of its own, also when the page's node is dead.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // A data: URL would only be needed where the policy allows it.
    assetsInlineLimit: 0,
  },
});

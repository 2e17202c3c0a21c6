import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

// `npx vite web` serves the page while it is being written; the API is a server's on this machine, by default the
// one that `npm start` runs.
const server = process.env.HOLDFAST_WEB ?? 'http://localhost:8080';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Tells the service worker what the page is made of. */
function pageFiles(): Plugin {
  return {
    name: 'page-files',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['service-worker.js'];
      if (worker?.type !== 'chunk') throw new Error('the build has no service worker');
      const assets = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
      const files = ['/', '/icon.svg', '/icon-unread.svg', ...assets.map((name) => `/${name}`)];
      worker.code = `const pageFiles = ${JSON.stringify(files)};\n${worker.code}`;
    },
  };
}

export default defineConfig({
  root: path('.'),
  plugins: [react(), pageFiles()],
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
    rolldownOptions: {
      input: { index: path('index.html'), 'service-worker': path('worker/service-worker.ts') },
      output: {
        // Browsers look for a newer one under the same name.
        entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});

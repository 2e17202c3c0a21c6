import type { Addresses } from './route.js';

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Tells who opens the web port in a browser what runs here. */
export function landingPage({ servers }: Addresses): string {
  const list = servers.map((server) => `<li><code>${escapeHtml(server)}</code></li>`).join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Holdfast</title>
<style>
:root { color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif; }
body { max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }
code { font-size: 0.95em; }
</style>
<h1>Holdfast is running</h1>
<p>Clients connect over gRPC to:</p>
<ul>${list}</ul>
<p>In a shell: <code>npx holdfast account create NAME</code>, then <code>npx holdfast --help</code>.</p>
</html>
`;
}

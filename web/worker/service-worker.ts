// Keeps the page itself in the browser, so that it also opens while the node that it came from is dead: then it goes
// on through the others, as it would have without a reload. It handles nothing but the page's own files.

const worker = self as unknown as ServiceWorkerGlobalScope;
/** Paths of the page's files; filled in by the build. */
declare const pageFiles: readonly string[];

const cacheName = 'page';
/** Under which the files of the page are noted for the next one. */
const filesPath = '/page-files';
/** Milliseconds after which a node that should serve the page counts as dead. */
const patience = 3_000;

worker.addEventListener('install', (event) => {
  event.waitUntil(keep(pageFiles).then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forget().then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== worker.location.origin) return;
  if (pathname === '/') event.respondWith(newest(request));
  else if (pageFiles.includes(pathname) || pathname.startsWith('/assets/')) event.respondWith(kept(request));
});

async function keep(paths: readonly string[]): Promise<void> {
  const cache = await caches.open(cacheName);
  const known = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  // Names of assets change with their content, the others may have changed.
  await cache.addAll(paths.filter((path) => !known.has(path) || !path.startsWith('/assets/')));
}

/** Gives up what earlier pages were made of, but for the last one: tabs that have it open may need more of it. */
async function forget(): Promise<void> {
  const cache = await caches.open(cacheName);
  const noted = await cache.match(filesPath);
  const before = noted ? ((await noted.json()) as string[]) : [];
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (![...pageFiles, ...before, filesPath].includes(pathname)) await cache.delete(request);
  }
  await cache.put(filesPath, new Response(JSON.stringify(pageFiles)));
}

/** From the node, while it answers; it tells which nodes there are in the policy that comes with the page. */
async function newest(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(patience) });
    if (response.ok) await cache.put('/', response.clone());
    return response;
  } catch (error) {
    const before = await cache.match('/');
    if (before) return before;
    throw error;
  }
}

async function kept(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(request)) ?? fetch(request);
}

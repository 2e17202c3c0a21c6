import type { Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';

let leaving = false;
addEventListener('pagehide', () => {
  leaving = true;
});
addEventListener('pageshow', () => {
  leaving = false;
});

/** Calls that begin while the page is being left are finished by the browser. */
const call: typeof fetch = (input, init) => fetch(input, leaving ? { ...init, keepalive: true } : init);

/** To a node by the URL of its web port. */
export function createTransport(server: string): Transport {
  return createConnectTransport({ baseUrl: server, useBinaryFormat: true, fetch: call });
}

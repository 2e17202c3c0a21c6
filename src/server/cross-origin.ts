import type { ServerResponse } from 'node:http';
import { cors } from '@connectrpc/connect';

/** Seconds for which a browser need not ask again; none remembers it for longer. */
const maxAge = 7_200;

/**
 * Lets the pages of every origin make calls and read the answers, in every protocol. The page of one node calls the
 * others when its own fails, and docs/decisions/web-serving.md says why not only theirs may.
 */
export function shareWithEveryOrigin(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', cors.exposedHeaders.join(', '));
}

/** What a browser asks before a call to another origin. */
export function answerPreflight(response: ServerResponse): void {
  response.setHeader('access-control-allow-methods', cors.allowedMethods.join(', '));
  response.setHeader('access-control-allow-headers', [...cors.allowedHeaders, 'authorization'].join(', '));
  response.setHeader('access-control-max-age', maxAge);
  response.writeHead(204).end();
}

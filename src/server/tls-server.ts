import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import type { Certificates } from './certificates.js';

/** Milliseconds for the handshake of a client. */
const handshakeTimeout = 10_000;
/** Requests at a time on one connection of a browser; Node's default is any number. */
const maxConcurrentStreams = 250;

/** For gRPC: HTTP/2 alone. `take`: a connection whose handshake is done. */
export function createTlsServer(certificates: Certificates, take: (socket: TLSSocket) => void): Server {
  const { cert, key } = certificates.current;
  const options = { cert, key, ALPNProtocols: ['h2'], handshakeTimeout, noDelay: true };
  return renewing(createServer(options, take), certificates);
}

/** HTTP/2 for browsers, and HTTP/1.1 for whoever speaks no other. */
export function createHttpsServer(
  certificates: Certificates,
  answer: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2SecureServer {
  const { cert, key } = certificates.current;
  const settings = { maxConcurrentStreams };
  const options = { cert, key, allowHTTP1: true, handshakeTimeout, noDelay: true, settings };
  return renewing(createSecureServer(options, answer), certificates);
}

/** New connections see the new certificate; those that are there go on. */
function renewing<T extends Server | Http2SecureServer>(server: T, certificates: Certificates): T {
  certificates.onChange(({ cert, key }) => server.setSecureContext({ cert, key }));
  return server;
}

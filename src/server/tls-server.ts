import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
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
  const server = createServer(options, take);
  return explaining(renewing(server, certificates), 'this port speaks gRPC, and only with TLS');
}

/** HTTP/2 for browsers, and HTTP/1.1 for whoever speaks no other. */
export function createHttpsServer(
  certificates: Certificates,
  answer: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2SecureServer {
  const { cert, key } = certificates.current;
  const settings = { maxConcurrentStreams };
  const options = { cert, key, allowHTTP1: true, handshakeTimeout, noDelay: true, settings };
  const server = createSecureServer(options, answer);
  return explaining(
    renewing(server, certificates),
    'this port speaks HTTPS: begin the address with https://',
  );
}

/** New connections see the new certificate; those that are there go on. */
function renewing<T extends Server | Http2SecureServer>(server: T, certificates: Certificates): T {
  certificates.onChange(({ cert, key }) => server.setSecureContext({ cert, key }));
  return server;
}

/** Answers whoever speaks plain HTTP, as a person who forgets the `s` does; else the connection would just end. */
function explaining<T extends Server | Http2SecureServer>(server: T, line: string): T {
  const head = ['HTTP/1.1 400 Bad Request', 'content-type: text/plain', 'connection: close'];
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    if (error.code !== 'ERR_SSL_HTTP_REQUEST') return;
    const plain = below(socket);
    plain?.write(`${head.join('\r\n')}\r\n\r\n${line}\n`);
    plain?.destroySoon();
  });
  return server;
}

/** Node.js gives no way to the connection that TLS is spoken on: this takes a private one. */
function below(socket: TLSSocket): Socket | undefined {
  return (socket as unknown as { readonly _parent?: Socket })._parent;
}

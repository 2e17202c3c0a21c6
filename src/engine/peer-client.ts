import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { parseAddress } from './peers.js';
import type { Peers } from './peers.js';

/** Files in PEM of mutual TLS between the members. */
export type PeerTls = {
  readonly certFile: string;
  readonly keyFile: string;
  /** Signs every member's certificate. */
  readonly caFile: string;
};

/** A member as its cluster sees it. */
export type PeerMember = {
  /** Hexadecimal, as etcd logs it. */
  readonly id: string;
  /** The node id; empty until the member has started for the first time. */
  readonly name: string;
  /** HOST:PORT. */
  readonly address: string;
  readonly learner: boolean;
  /** It has been up and reached a quorum. */
  readonly started: boolean;
};

/** What one member knows of its cluster; others may know more. */
export type ClusterView = { readonly clusterId: string; readonly members: readonly PeerMember[] };

/** A node that waits for others to form a new cluster with. */
export type FormingNode = { readonly nodeId: string; readonly peers: Peers };

export const formingPath = '/holdfast/forming';

/** For Node's https. */
export type PeerCertificates = { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };

/** How to speak to Raft ports. */
export type PeerTransport = {
  readonly scheme: 'http' | 'https';
  /** What the files hold now, or held last when they can't be used now: they may be replaced, as etcd allows it. */
  readonly tls: (() => Promise<PeerCertificates>) | undefined;
};

/** Throws what reading the files throws. */
export async function openTransport(tls: PeerTls | undefined): Promise<PeerTransport> {
  if (!tls) return { scheme: 'http', tls: undefined };
  let good = await readCertificates(tls);
  const current = async () => {
    good = await readCertificates(tls).catch(() => good);
    return good;
  };
  return { scheme: 'https', tls: current };
}

async function readCertificates({ certFile, keyFile, caFile }: PeerTls): Promise<PeerCertificates> {
  const [cert, key, ca] = await Promise.all([readFile(certFile), readFile(keyFile), readFile(caFile)]);
  // Throws when they don't belong together.
  createSecureContext({ cert, key, ca });
  return { cert, key, ca };
}

const memberSchema = z.array(
  z.object({
    id: z.string().regex(/^\d+$/),
    name: z.string().default(''),
    peerURLs: z.array(z.string()),
    clientURLs: z.array(z.string()).default([]),
    isLearner: z.boolean().default(false),
  }),
);
const formingSchema = z.object({ nodeId: z.string(), peers: z.record(z.string(), z.string()) });

const bodyLimit = 1_048_576;

type Answer = { readonly body: string; readonly clusterId: string };

export type PeerCallOptions = {
  /** Milliseconds for an answer. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether the certificate there may be for another host: of this process's own member. Default: false. */
  readonly anyHost?: boolean;
};

/**
 * Asks members on their Raft ports, as members do each other. Whatever goes wrong is no answer: undefined.
 */
export class PeerClient {
  constructor(private readonly transport: PeerTransport) {}

  async cluster(address: string, options: PeerCallOptions): Promise<ClusterView | undefined> {
    const answer = await this.get(address, '/members', options);
    if (!answer) return undefined;
    // The ids are numbers beyond what JSON.parse keeps exactly.
    const parsed = parse(memberSchema, answer.body.replaceAll(/"id":(\d+)/g, '"id":"$1"'));
    if (!parsed || answer.clusterId === '') return undefined;
    const members = parsed.map(({ id, name, peerURLs, clientURLs, isLearner }) => ({
      id: BigInt(id).toString(16),
      name,
      address: addressOf(peerURLs),
      learner: isLearner,
      started: name !== '' && clientURLs.length > 0,
    }));
    return { clusterId: answer.clusterId, members };
  }

  /** Whether a member runs there. */
  async answers(address: string, options: PeerCallOptions): Promise<boolean> {
    return (await this.get(address, '/version', options))?.body.includes('etcdserver') ?? false;
  }

  async forming(address: string, options: PeerCallOptions): Promise<FormingNode | undefined> {
    const answer = await this.get(address, formingPath, options);
    return answer && parse(formingSchema, answer.body);
  }

  private async get(
    address: string,
    path: string,
    { deadline, signal, anyHost }: PeerCallOptions,
  ): Promise<Answer | undefined> {
    const target = parseAddress(address);
    if (!target) return undefined;
    const ends = [AbortSignal.timeout(deadline), ...(signal ? [signal] : [])];
    const options = { ...target, path, agent: false as const, signal: AbortSignal.any(ends) };
    const tls = await this.transport.tls?.();
    return new Promise((resolve) => {
      const none = () => resolve(undefined);
      const take = (response: IncomingMessage) => {
        const clusterId = String(response.headers['x-etcd-cluster-id'] ?? '');
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
          if (body.length > bodyLimit) response.destroy();
        });
        response.on('end', () => resolve(response.statusCode === 200 ? { body, clusterId } : undefined));
        response.on('close', none);
        response.on('error', none);
      };
      const request = tls
        ? httpsRequest({ ...options, ...tls, ...(anyHost && { checkServerIdentity: () => undefined }) }, take)
        : httpRequest(options, take);
      request.on('error', none);
      request.end();
    });
  }
}

/** HOST:PORT of a member's first peer URL. */
export function addressOf(urls: readonly string[]): string {
  return (urls[0] ?? '').replace(/^https?:\/\//, '').replace(/\/$/, '');
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

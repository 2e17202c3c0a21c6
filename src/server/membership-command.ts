import { EngineError } from '../engine/engine-error.js';
import { Membership } from '../engine/membership.js';
import type { ClusterMember, MemberHealth } from '../engine/membership.js';
import { PeerClient, openTransport } from '../engine/peer-client.js';
import { peerTlsOf, readConfig } from './config.js';
import { openNodeClient } from './node-client.js';
import { StartError } from './start-error.js';

export type { ClusterMember, MemberHealth };

export type MembershipRequest = {
  readonly configPath: string;
  /** The node of this machine through which the members are changed; it runs. */
  readonly nodeId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** What an operator's command can do with the members. */
export type MembershipChanges = Pick<Membership, 'health' | 'add' | 'remove' | 'replace'>;

/**
 * Lets a command change the members of a cluster through the node that runs on this machine: whoever may open the node's
 * folder may do it. Throws ConfigError, StartError, EngineError.
 */
export async function withMembership<T>(
  { configPath, nodeId, env }: MembershipRequest,
  act: (membership: MembershipChanges) => Promise<T>,
): Promise<T> {
  const config = readConfig(configPath, env, nodeId);
  const { serverData } = config;
  const transport = await openTransport(peerTlsOf(config)).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`the certificates of "tls" can not be read: ${reason}`, { cause });
  });
  const { client, close } = await openNodeClient(serverData, nodeId);
  try {
    return await act(new Membership({ client, peers: new PeerClient(transport), scheme: transport.scheme }));
  } finally {
    await close();
  }
}

export function isExpectedFailure(error: unknown): error is Error {
  return error instanceof EngineError || error instanceof StartError;
}

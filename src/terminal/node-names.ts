import type { ChatClient } from '../client/chat-client.js';
import { ClientError } from '../client/client-error.js';

/** What the nodes behind servers' addresses are called; asked for once for each address. */
export class NodeNames {
  private readonly names = new Map<string, string>();
  private readonly asked = new Set<string>();

  constructor(
    private readonly client: ChatClient,
    private readonly onFound: () => void,
  ) {}

  /** Undefined while it is not known. */
  of(server: string): string | undefined {
    return this.names.get(server);
  }

  /** To be called when a server has become the one in use. */
  async ask(server: string, signal: AbortSignal): Promise<void> {
    if (this.asked.has(server)) return;
    this.asked.add(server);
    try {
      const { nodes, nodeId } = await this.client.status({ signal });
      for (const { id, serverAddress } of nodes) this.names.set(serverAddress, id);
      // One server alone may be reached under another address than it tells.
      if (nodes.length === 1) this.names.set(server, nodeId);
      this.onFound();
    } catch (error) {
      this.asked.delete(server);
      if (!signal.aborted && !(error instanceof ClientError)) throw error;
    }
  }
}

import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { HistoryWriter } from '../history/history-writer.js';
import type { Outcome, Request, Result } from '../history/record.js';
import type { Failure, NodeConnection } from './node-connection.js';

/** How a recorded call ended; `reply` when it succeeded. */
export type Ended<T> = {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly reply?: T;
};

export type Recorded<I extends DescMessage, O extends DescMessage> = {
  readonly client: string;
  readonly node: number;
  /** Milliseconds. */
  readonly deadline: number;
  /** Empty: none. */
  readonly token: string;
  /** What is written down of the request. */
  readonly call: Request;
  readonly method: DescMethodUnary<I, O>;
  readonly request: MessageInitShape<I>;
  /** What is written down of the reply. */
  readonly result: (reply: MessageShape<O>) => Result;
};

/** Reasons with which a server says that it does not know either. */
const open = new Set(['', 'OUTCOME_UNKNOWN', 'INTERNAL']);

/** Makes calls and writes each one down. */
export class Recorder {
  private count = 0;

  /** `name`: different for each process. */
  constructor(
    private readonly name: string,
    private readonly history: HistoryWriter,
    private readonly nodes: readonly NodeConnection[],
  ) {}

  nextId(): string {
    this.count += 1;
    return `${this.name}-${this.count}`;
  }

  get nodeCount(): number {
    return this.nodes.length;
  }

  connection(node: number): NodeConnection {
    const connection = this.nodes[node];
    if (!connection) throw new Error(`there is no node ${node}`);
    return connection;
  }

  /** Never rejects because of what a server does. */
  async call<I extends DescMessage, O extends DescMessage>(
    recorded: Recorded<I, O>,
  ): Promise<Ended<MessageShape<O>>> {
    const { client, node, token, deadline, method, request } = recorded;
    const id = this.nextId();
    const connection = this.connection(node);
    const ready = await connection.ready();
    this.history.add({ type: 'call', id, client, node, call: recorded.call });
    if (!ready) return this.end(id, { outcome: 'refused', reason: 'NOT_CONNECTED' });
    let reply;
    try {
      reply = await connection.call(method, request, { token, deadline });
    } catch (error) {
      const { code, reason } = error as Failure;
      if (typeof code !== 'number') throw error;
      return this.end(id, {
        outcome: open.has(reason) ? 'unknown' : 'refused',
        reason: reason || `code ${code}`,
      });
    }
    return this.end(id, { outcome: 'ok', reason: '', reply }, recorded.result(reply));
  }

  /** A call that is made otherwise, such as by the client library. Returns its id. */
  begin(client: string, node: number, call: Request): string {
    const id = this.nextId();
    this.history.add({ type: 'call', id, client, node, call });
    return id;
  }

  end<T>(id: string, ended: Ended<T>, result: Result = {}): Ended<T> {
    const { outcome, reason } = ended;
    this.history.add({ type: 'return', id, outcome, ...(reason !== '' && { reason }), result });
    return ended;
  }

  event(id: string, event: Parameters<HistoryWriter['add']>[0] & { type: 'event' }): void {
    this.history.add({ ...event, id });
  }
}

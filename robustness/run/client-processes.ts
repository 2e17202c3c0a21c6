import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ClientAnswer, ClientOrder } from '../clients/client-process.js';

const program = fileURLToPath(new URL('../clients/client-process.js', import.meta.url));

/** The processes that use the cluster. */
export class ClientProcesses {
  private readonly children: ChildProcess[] = [];

  /** Resolves when all have carried it out. Rejects when one has ended. */
  async all(order: (index: number) => ClientOrder): Promise<ClientAnswer[]> {
    return Promise.all(this.children.map(async (child, index) => ask(child, order(index))));
  }

  launch(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
      this.children.push(child);
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      this.children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
  }
}

async function ask(child: ChildProcess, order: ClientOrder): Promise<ClientAnswer> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`a client process has ended while it should ${order.order}`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer as ClientAnswer);
    });
    child.send(order);
  });
}

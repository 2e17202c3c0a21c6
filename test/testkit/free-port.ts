import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

const taken = new Set<number>();

/**
 * Ports that nothing listens on. Below those that the system gives to outgoing connections, so that none of these takes
 * one before the test does.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const port = randomInt(12_000, 32_000);
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    found.push(port);
  }
  return found;
}

/** On 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

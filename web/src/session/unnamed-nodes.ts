import { Observable } from '../../../src/client/observable.js';

export type UnnamedNodesParts = {
  /** Where the page came from. */
  readonly origin: string;
  /** The policy that the page was loaded with; undefined when that can't be found out. */
  readonly loaded: Promise<string | undefined>;
  /** The policy that it would be loaded with now; undefined when the node does not answer. */
  readonly now: () => Promise<string | undefined>;
};

/**
 * A page may call only the nodes that its own node knew when it was loaded: its policy names them. Notices when there are
 * others by now, and loading the page again would let it call them.
 */
export class UnnamedNodes {
  private readonly view = new Observable(() => this.helps);
  readonly subscribe = this.view.subscribe;
  /** Loading the page again would help. */
  readonly getSnapshot = this.view.getSnapshot;
  private helps = false;

  constructor(private readonly parts: UnnamedNodesParts) {}

  /** `servers`: URLs of the nodes that there are. */
  async check(servers: readonly string[]): Promise<void> {
    const { origin, loaded, now } = this.parts;
    const before = await loaded;
    if (this.helps || before === undefined) return;
    const unnamed = servers.filter((server) => server !== origin && !names(before, server));
    if (unnamed.length === 0) return;
    const next = await now();
    this.helps = next !== undefined && unnamed.some((server) => names(next, server));
    this.view.changed();
  }
}

/** Whether a page with that policy may call the node. */
export function names(policy: string, server: string): boolean {
  const { origin, protocol, port } = new URL(server);
  const [, ...sources] = (policy.split('; ').find((one) => one.startsWith('connect-src ')) ?? '').split(' ');
  // Nodes that are called by an address of IPv6 are named by their port alone.
  return sources.includes(origin) || sources.includes(`${protocol}//*${port && `:${port}`}`);
}

/** As the page's node sends it now. */
export async function policyNow(): Promise<string | undefined> {
  try {
    const { headers } = await fetch('/', { method: 'HEAD', cache: 'no-store' });
    return headers.get('content-security-policy') ?? undefined;
  } catch {
    return undefined;
  }
}

/** As this page was loaded; from the browser's own copy (worker/service-worker.ts) when the node is dead. */
export async function policyLoaded(): Promise<string | undefined> {
  const now = await policyNow();
  if (now !== undefined || !('caches' in window)) return now;
  const kept = await caches.match('/').catch(() => undefined);
  return kept?.headers.get('content-security-policy') ?? undefined;
}

import { once } from 'node:events';
import { ClusterLauncher } from './cluster-launcher.js';
import type { ClusterPlan } from './cluster-plan.js';

/** Runs a cluster until SIGINT or SIGTERM, or until `q` is pressed. `json`: a line of JSON for each change. */
export async function launch(
  plan: ClusterPlan,
  env: Readonly<Record<string, string | undefined>>,
  { json = false }: { readonly json?: boolean } = {},
): Promise<void> {
  const { stdin, stdout } = process;
  const colours = stdout.isTTY && (env.NO_COLOR ?? '') === '';
  const launcher = new ClusterLauncher(plan, stdout, { colours, json });
  const end = new AbortController();
  const stopping = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  void stopping.then(() => end.abort());
  const keys = (typed: Buffer) => {
    for (const key of typed.toString()) {
      // In raw mode Ctrl-C comes as a character.
      if (key === '\u0003' || key === 'q') end.abort();
      else launcher.restart(Number(key));
    }
  };
  const interactive = stdin.isTTY && stdout.isTTY && !json;
  if (interactive) {
    stdin.setRawMode(true);
    stdin.on('data', keys);
  }
  try {
    await launcher.start();
    await launcher.show(end.signal);
    if (!json) stdout.write('stopping …\n');
  } finally {
    if (interactive) {
      stdin.off('data', keys);
      stdin.setRawMode(false);
      stdin.pause();
    }
    await launcher.stop();
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/robustness.js', import.meta.url));

// Another seed each time, which the output names: docs/robustness.md says how to repeat it.
it('keeps every promise in a round of random calls and faults (G1 to G10)', async () => {
  const child = spawn(process.execPath, [script, '--minutes', '2'], { stdio: ['ignore', 'pipe', 'pipe'] });
  // In good order, as it has nodes to end.
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [status] = (await once(child, 'close')) as [number | null];
  console.log(output);
  expect([status, output]).toEqual([0, expect.stringContaining('nothing was found')]);
}, 600_000);

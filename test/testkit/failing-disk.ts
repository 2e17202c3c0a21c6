import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { eventually } from './deadline.js';

/**
 * Lets every `fdatasync` of a running process fail as on a disk that fails, until the returned function is called, or the
 * test ends: strace, which the tests have for counting them, injects the error.
 */
export async function failDisk(pid: number): Promise<() => Promise<void>> {
  const inject = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO'];
  const tracer = spawn('strace', ['-f', '-q', ...inject, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  tracer.stderr.on('data', (chunk) => (output += String(chunk)));
  const ended = once(tracer, 'exit');
  onTestFinished(async () => {
    tracer.kill('SIGKILL');
    await ended;
  });
  await eventually('the process is traced', async () => {
    // What it was to fail at may have ended it by now.
    if (output.includes('(INJECTED)')) return true;
    if (tracer.exitCode !== null) throw new Error(`strace has ended: ${output}`);
    const threads = await readdir(`/proc/${pid}/task`);
    const states = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/status`, 'utf8')));
    return states.every((state) => /^TracerPid:\t[1-9]/m.test(state));
  });
  return async () => {
    tracer.kill('SIGINT');
    await ended;
  };
}

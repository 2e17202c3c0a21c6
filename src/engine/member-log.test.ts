import { expect, it } from 'vitest';
import { MemberLog } from './member-log.js';

function collect() {
  const warned: string[] = [];
  const other: string[] = [];
  const note = (_: object, message: string) => void other.push(message);
  const logger = {
    debug: note,
    info: note,
    error: note,
    warn: (_: object, message: string) => void warned.push(message),
  };
  const clock = { now: 0 };
  return { log: new MemberLog(logger, () => clock.now), warned, other, clock };
}

const line = (level: string, msg: string, error?: string) => `${JSON.stringify({ level, msg, error })}\n`;

it('passes on what an operator should see, each at most once a minute', () => {
  const { log, warned, other, clock } = collect();
  log.push(line('info', 'started') + line('warn', 'slow fdatasync').slice(0, 10));
  log.push(line('warn', 'slow fdatasync').slice(10));
  log.push(line('warn', 'simple token is not cryptographically signed'));
  clock.now = 59_000;
  log.push(line('warn', 'slow fdatasync') + line('error', 'broken', 'disk'));
  expect(warned).toEqual(['etcd: slow fdatasync', 'etcd: broken: disk']);
  expect(other).toHaveLength(3);
  clock.now = 60_000;
  log.push(line('warn', 'slow fdatasync'));
  expect(warned).toHaveLength(3);
  log.ending = true;
  log.push(line('fatal', 'ended'));
  expect(warned).toHaveLength(3);
});

it.each([
  [line('fatal', 'discovery failed', 'bind') + line('info', 'closed'), false, 'discovery failed: bind'],
  [line('warn', 'failed to verify flags', 'bad') + line('info', 'x'), false, 'failed to verify flags: bad'],
  ['flag provided but not defined: -x\nUsage:\n  etcd [flags]', false, 'flag provided but not defined: -x'],
  [line('error', 'a') + 'panic: no id\n\ngoroutine 1 [running]:\n', false, 'panic: no id'],
  [line('panic', 'no database', 'damaged') + 'panic: no database\n', false, 'no database: damaged'],
  [line('warn', 'peer became inactive', 'EOF'), true, ''],
  ['', false, ''],
])('knows why a process may have ended: %j', (output, killed, reason) => {
  const { log } = collect();
  log.push(output);
  log.end();
  expect(log.reason(killed)).toBe(reason);
});

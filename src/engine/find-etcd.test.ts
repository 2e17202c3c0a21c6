import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { findEtcd, warningAbout } from './find-etcd.js';

async function fake(script: string, name = 'etcd'): Promise<{ folder: string; program: string }> {
  const folder = await temporaryFolder();
  const program = join(folder, name);
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return { folder, program };
}

describe('finding etcd', () => {
  it('takes the configured one before any other', async () => {
    const script = `case "$1" in --snapshot*) exit 2;; esac; echo "etcd Version: 3.5.30"`;
    const configured = (await fake(script, 'my-etcd')).program;
    const other = await fake('echo "etcd Version: 3.4.40"');
    expect(await findEtcd({ configured, path: other.folder })).toEqual({
      path: configured,
      version: '3.5.30',
      warning: undefined,
      flags: ['--experimental-snapshot-catchup-entries=1000'],
    });
    expect((await findEtcd({ path: `/nowhere:${other.folder}` })).path).toBe(other.program);
  });

  it.each([
    ['exit 3', 'NO_PROGRAM', 'can not be run'],
    ['echo hello', 'NO_PROGRAM', 'does not say that it is etcd'],
    ['echo "etcd Version: 3.3.27"', 'PROGRAM_TOO_OLD', 'older than 3.4'],
  ])('refuses "%s" in one line', async (script, code, text) => {
    const { folder } = await fake(script);
    const refused = findEtcd({ path: folder });
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(text) as string });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('\n') as string });
  });

  it('says how to get one when the configured one is not there', async () => {
    await expect(findEtcd({ configured: '/nowhere/etcd', path: process.env.PATH })).rejects.toMatchObject({
      code: 'NO_PROGRAM',
      message: expect.stringMatching(/\/nowhere\/etcd .*install etcd/) as string,
    });
  });

  it.each([
    ['3.4.23', true],
    ['3.4.34', false],
    ['3.5.14', true],
    ['3.5.15', false],
    ['3.5.30', false],
    ['3.6.1', true],
  ])('warns about %s: %s', (version, expected) => {
    expect(warningAbout(version) !== undefined).toBe(expected);
  });
});

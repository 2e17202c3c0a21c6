import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CommandLine } from '../testkit/command-line.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

it('makes certificates, shows them, and overwrites none', async () => {
  const shell = new CommandLine(await temporaryFolder(), '');
  const dir = join(await temporaryFolder(), 'certs');
  const init = ['certs', 'init', '--dir', dir, '--nodes', 'alpha.test,10.0.0.1', 'beta.test', '--days', '20'];
  const made = await shell.run(init);
  expect(made).toMatchObject({ status: 0, err: '' });
  expect(made.out).toContain(`3 certificates are in ${dir}.`);
  const files = ['alpha.test.key', 'alpha.test.pem', 'beta.test.key', 'beta.test.pem', 'ca.key', 'ca.pem'];
  expect((await readdir(dir)).sort()).toEqual(files);

  const shown = await shell.run(['certs', 'show', '--dir', dir]);
  expect(shown.out).toMatch(/ca\.pem +authority +\d{4}-\d\d-\d\d +\d+ days left\n/);
  expect(shown.out).toMatch(
    /alpha\.test\.pem +alpha\.test, 10\.0\.0\.1, localhost.* only (19|20) days left\n/,
  );

  expect(await shell.run(init)).toMatchObject({
    status: 1,
    err: `holdfast: ${dir}/ca.pem is there already: nothing was made, as it is never overwritten\n`,
  });
  const further = await shell.run(['--json', 'certs', 'node', 'gamma.test', '--dir', dir]);
  expect(JSON.parse(further.out)).toEqual({
    certificate: join(dir, 'gamma.test.pem'),
    key: join(dir, 'gamma.test.key'),
  });
});

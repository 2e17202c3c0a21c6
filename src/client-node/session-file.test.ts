import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { SessionFile } from './session-file.js';
import { StateError } from './state-error.js';

const ann = { username: 'Ann', accountId: 'a1', token: 'secret', servers: ['one:1', 'two:2'] };
const ben = { username: 'ben', accountId: 'b1', token: 'other', servers: ['three:3'] };

async function start() {
  const [state, config] = [await temporaryFolder(), await temporaryFolder()];
  return { state, config, file: new SessionFile(state, config) };
}

describe('SessionFile', () => {
  it('keeps the token in the one folder and the servers in the other, for the owner alone', async () => {
    const { state, config, file } = await start();
    await file.save(ann);
    expect(await file.find('ANN')).toEqual(ann);
    const [session, servers] = [join(state, 'sessions', 'ann.json'), join(config, 'servers', 'ann.json')];
    expect(await readFile(session, 'utf8')).not.toContain('one:1');
    expect(await readFile(servers, 'utf8')).not.toContain('secret');
    for (const path of [session, servers]) expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('says who is logged in, and where one who was not logs in', async () => {
    const { file } = await start();
    expect([await file.names(), await file.serversFor('cat')]).toEqual([[], undefined]);
    await file.save(ann);
    await file.save(ben);
    expect([await file.names(), (await file.serversFor('cat'))?.servers]).toEqual([
      ['ann', 'ben'],
      ['three:3'],
    ]);
    // They outlive the session.
    await file.remove('ann');
    expect([await file.names(), (await file.serversFor('ann'))?.servers]).toEqual([['ben'], ann.servers]);
    await file.servers.remove('ann');
    await file.remove('ben');
    expect((await file.serversFor('ann'))?.servers).toEqual(['three:3']);
  });

  it('keeps new servers for the session that is there, how to speak to them, and when they were asked for', async () => {
    const { file } = await start();
    await file.save(ann);
    const kept = { askTime: 7, tls: true, ca: '/ca.pem' };
    await file.servers.save('ann', { servers: ann.servers, ...kept });
    await file.saveServers({ ...ann, token: 'of another login' }, ['nine:9']);
    expect(await file.servers.load('ann')).toEqual({ ...kept, servers: ann.servers });
    await file.saveServers(ann, ['two:2', 'one:1']);
    expect(await file.servers.load('ann')).toEqual({ ...kept, servers: ['two:2', 'one:1'] });
  });

  it('goes on at the default server when the servers are lost, and names a file that is damaged', async () => {
    const { state, config, file } = await start();
    await file.save(ann);
    const path = join(config, 'servers', 'ann.json');
    for (const text of ['{', '{"version":1,"servers":[]}']) {
      await writeFile(path, text);
      await expect(file.find('ann')).rejects.toThrow(`${path} is damaged`);
    }
    await rm(path);
    expect(await file.find('ann')).toEqual({ ...ann, servers: ['localhost:8888'] });
    await writeFile(join(state, 'sessions', 'ann.json'), '{}');
    await expect(file.find('ann')).rejects.toThrow(StateError);
  });

  it('takes nothing for a username that leads elsewhere', async () => {
    const { state, file } = await start();
    await mkdir(join(state, 'sessions'));
    await writeFile(join(state, 'current-user.json'), JSON.stringify({ version: 1, ...ann }));
    expect(await file.find('../current-user')).toBeUndefined();
    await expect(file.save({ ...ann, username: '../x' })).rejects.toThrow(StateError);
  });
});

import { randomUUID } from 'node:crypto';
import type { ChatClient } from '../../src/client/chat-client.js';
import type { SavedSession } from '../../src/client/types.js';
import { SessionFile } from '../../src/client-node/session-file.js';
import { clientOf, signUp } from './chat-user.js';
import { CommandLine } from './command-line.js';
import type { Outcome } from './command-line.js';
import { ServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

/** One person who is logged in on the machine of a command line. */
export type Person = {
  readonly saved: SavedSession;
  /** For what a test does quickly, beside the commands. */
  readonly client: ChatClient;
  /** Runs a command as this person. */
  readonly run: (args: readonly string[], input?: string | Buffer) => Promise<Outcome>;
  /** Stores a message; returns its number. */
  readonly say: (username: string, text: string) => Promise<number>;
};

/** Logs people in, new ones, without a command for each; the last one is the current user. */
export async function logPeopleIn<Name extends string>(
  shell: CommandLine,
  home: string,
  servers: readonly string[],
  names: readonly Name[],
): Promise<Record<Name, Person>> {
  const file = new SessionFile(home, home);
  const people: Partial<Record<Name, Person>> = {};
  for (const name of names) {
    const saved = await signUp(servers, name);
    await file.save(saved);
    const client = clientOf(servers).as(saved.token);
    people[name] = {
      saved,
      client,
      run: (args, input) => shell.run(['--as', name, ...args], input),
      say: async (username, text) => {
        const { seq } = await client.sendMessage({
          target: { username },
          text,
          clientMessageId: randomUUID(),
        });
        return seq;
      },
    };
  }
  return people as Record<Name, Person>;
}

/** A server, a machine with a shell, and people who are logged in there. All end with their test. */
export async function startPeople<Name extends string>(...names: Name[]) {
  const folder = await temporaryFolder();
  const server = await ServerProcess.start(folder);
  const home = await temporaryFolder();
  const shell = new CommandLine(home, '');
  const people = await logPeopleIn(shell, home, [server.address], names);
  return { folder, server, home, shell, people };
}

/** The objects that a command has printed, one a line. */
export function objects(out: string): Record<string, unknown>[] {
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

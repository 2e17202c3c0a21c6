import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ChatClient } from '../../client/chat-client.js';
import { examples, wantsJson } from '../command.js';
import { bashScript } from '../completion/bash-script.js';
import { commandTree } from '../completion/command-tree.js';
import { fishScript } from '../completion/fish-script.js';
import { zshScript } from '../completion/zsh-script.js';
import { jsonLine } from '../json-line.js';
import { CliSession } from '../session.js';
import type { GlobalOptions } from '../session.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
type Shell = keyof typeof scripts;

/** Milliseconds: who presses the key does not wait longer. */
const patience = 1_000;
/** Names that are proposed. */
const most = 50;

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose script to print').choices(Object.keys(scripts)))
    .description('print what lets the Tab key complete commands, options and names')
    .addHelpText(
      'after',
      `${examples(
        'source <(holdfast completion bash)',
        'source <(holdfast completion zsh)',
        'holdfast completion fish > ~/.config/fish/completions/holdfast.fish',
      )}\n\nThe first two are lines for ~/.bashrc and, after compinit, ~/.zshrc.`,
    )
    .action((shell: Shell, _options: object, command: Command) => {
      const script = scripts[shell](commandTree(program));
      process.stdout.write(wantsJson(command) ? `${jsonLine({ shell, script })}\n` : script);
    });

  program
    .command('__complete', { hidden: true })
    .argument('<kind>')
    .argument('[typed...]')
    .action(async (kind: string, typed: readonly string[]) => {
      for (const name of await propose(kind, typed)) process.stdout.write(`${name}\n`);
    });
}

/** Names of that kind, for a script; none when they can't be had soon. Never throws. */
async function propose(kind: string, typed: readonly string[]): Promise<readonly string[]> {
  const session = new CliSession(globalsIn(typed), process.env);
  try {
    const names = await find(session, kind, typed.at(-1) ?? '');
    // Whatever else a server sends is not for a shell.
    return [...new Set(names)].filter((name) => /^[\w.-]+$/.test(name));
  } catch {
    return [];
  } finally {
    await session.close();
  }
}

async function find(session: CliSession, kind: string, current: string): Promise<readonly string[]> {
  if (kind === 'logins') return session.file.names();
  const { client, saved } = await session.loggedIn();
  if (kind === 'people') return people(client, current);
  if (kind === 'sessions') {
    const sessions = await client.listSessions({ signal: AbortSignal.timeout(patience), patience: 0 });
    return sessions.map(({ id }) => id);
  }
  const outbox = await session.outbox(client, saved);
  return outbox.entries.map(({ key }) => key);
}

/** Those one talks with, the latest first, and others whose names begin like what is typed. */
async function people(client: ChatClient, current: string): Promise<readonly string[]> {
  const options = { signal: AbortSignal.timeout(patience), patience: 0 };
  const start = current.slice(current.lastIndexOf('=') + 1);
  const known = async () => {
    const { items } = await client.listConversations({ pageSize: most }, options);
    return items.filter(({ closed }) => !closed).map(({ title }) => title);
  };
  const others = async () => {
    if (!/^[\w.-]+$/.test(start)) return [];
    const { items } = await client.listAccounts({ pattern: `${start}*`, pageSize: most }, options);
    return items.map(({ username }) => username);
  };
  const found = await Promise.allSettled([known(), others()]);
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

/** The options of every command among words that may be unfinished. */
function globalsIn(typed: readonly string[]): GlobalOptions {
  const found: Record<string, string[]> = { '--as': [], '--server': [] };
  const before = typed.slice(0, -1);
  before.forEach((word, i) => {
    const [name = '', value = before[i + 1]] = word.split(/=(.*)/s, 2);
    if (value !== undefined) found[name]?.push(value);
  });
  return { as: found['--as']?.at(-1), server: found['--server'] };
}

import type { Command } from 'commander';
import type { TransferOptions } from '../../server/transfer.js';
import type { BackupCounts } from '../../transfer/backup-line.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act, examples } from '../command.js';
import { openTarget } from '../export-target.js';
import { amount, readFile, runOnFile, sizeOf } from '../file-work.js';
import type { CliSession } from '../session.js';

type NodeOption = { readonly nodeId?: string };
type BackupOption = NodeOption & { readonly verify?: boolean };
type RestoreOption = NodeOption & { readonly sessions: boolean };

/** Whose data it is. */
type Server = Pick<TransferOptions, 'configPath' | 'nodeId'>;

// Only these commands need to load a store.
const load = () => import('../../server/backup.js');

const sessionsEnded =
  'the sessions that are in it have ended now, and whoever has logged in since stays logged in';

export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .argument('<file>', 'a new file; with --verify: one that backup has written')
    .argument('[config]', 'the configuration of the server whose data it is; without one the defaults hold')
    .option('--node-id <id>', 'of a cluster: the node that runs on this machine')
    .option('--verify', 'only check that the file is whole')
    .description('copy all data of a server to a file, as it is at one moment, while it runs')
    .addHelpText(
      'after',
      '\nThe file is checked before it gets its name. Whoever has it can read every message; only its owner can' +
        `\nread it.\n${examples('holdfast backup monday.backup config.json --node-id node1', 'holdfast backup --verify monday.backup')}`,
    )
    .action(
      act<BackupOption>(async (session, [file = '', configPath], { nodeId, verify }) => {
        if (!verify) return backUp(session, file, { configPath, nodeId });
        if (configPath !== undefined || nodeId !== undefined) {
          throw new CliError(exitStatus.usage, '--verify looks at the file alone: give no configuration');
        }
        return verifyFile(session, file);
      }),
    );

  program
    .command('restore')
    .argument('<file>', 'what backup has written')
    .argument('[config]', 'the configuration of the server that it is for; without one the defaults hold')
    .option('--node-id <id>', 'of a cluster: the node that runs on this machine')
    .option('--no-sessions', 'leave out sessions: everyone has to log in again')
    .description('make a new server or cluster from a backup')
    .addHelpText(
      'after',
      '\nA server alone has to be stopped, and its data folder empty; a cluster has to be new, and the node has to' +
        '\nrun. A restore that was cut off goes on when the same command is run again. Everyone stays logged in who' +
        '\nwas when the backup was made, also who has been logged out since; --no-sessions ends these sessions also' +
        '\nwhen it is given to a second run.' +
        `\n${examples('holdfast restore monday.backup config.json', 'holdfast restore monday.backup config.json --node-id node1')}`,
    )
    .action(
      act<RestoreOption>(async (session, [file = '', configPath], { nodeId, sessions }) =>
        restore(session, file, { configPath, nodeId }, !sessions),
      ),
    );
}

async function backUp(session: CliSession, path: string, server: Server): Promise<void> {
  if (path === '-') {
    throw new CliError(exitStatus.usage, 'a backup is read again once it is written: give a file');
  }
  const target = await openTarget(path);
  try {
    const trailer = await runOnFile(session, path, load, async (backup, signal, progress) => {
      const written = await backup.backUpData({
        ...server,
        env: process.env,
        signal,
        write: (text) => target.write(text),
        onProgress: (part) => progress.update('copying', part),
      });
      await target.finish(async (file) => {
        const size = await sizeOf(file);
        const open = () => readFile(file, signal, (read) => progress.update('checking', read / size));
        const { trailer: read } = await backup.verifyBackup(open);
        if (read.sha256 !== written.sha256) {
          throw new CliError(exitStatus.refused, `${path} is not what was written: its disk is failing`);
        }
      });
      return written;
    });
    const { counts, sha256 } = trailer;
    session.print(`Backed up ${describe(counts)} to ${path}.`, { backed_up: path, ...counts, sha256 });
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function verifyFile(session: CliSession, path: string): Promise<void> {
  const size = await sizeOf(path);
  const { header, trailer } = await runOnFile(session, path, load, async (backup, signal, progress) =>
    backup.verifyBackup(() => readFile(path, signal, (read) => progress.update('checking', read / size))),
  );
  const { counts, sha256 } = trailer;
  const { backup_time, program } = header;
  session.print(`${path} is whole: ${describe(counts)}, as of ${backup_time}.`, {
    verified: path,
    backup_time,
    program,
    ...counts,
    sha256,
  });
}

async function restore(
  session: CliSession,
  path: string,
  server: Server,
  withoutSessions: boolean,
): Promise<void> {
  const size = await sizeOf(path);
  const outcome = await runOnFile(session, path, load, async ({ restoreData }, signal, progress) => {
    let label = 'checking';
    const open = () => readFile(path, signal, (read) => progress.update(label, read / size));
    const onChecked = () => (label = 'restoring');
    return restoreData({ ...server, env: process.env, signal, open, withoutSessions, onChecked });
  });
  const { already, resumed, checked } = outcome;
  const { header, trailer } = checked;
  const { sha256 } = trailer;
  const counts = withoutSessions ? { ...trailer.counts, sessions: 0 } : trailer.counts;
  const sentence = already
    ? `${path} has been restored before: ${withoutSessions ? sessionsEnded : 'nothing was changed'}.`
    : `Restored ${describe(counts)}, as of ${header.backup_time}.${withoutSessions ? ' Everyone has to log in again.' : ''}`;
  session.print(sentence, { restored: path, already, resumed, ...counts, sha256 });
}

function describe({ accounts, conversations, messages, sessions }: BackupCounts): string {
  const parts = [
    amount(accounts, 'account'),
    amount(conversations, 'conversation'),
    amount(messages, 'message'),
  ];
  return `${parts.join(', ')} and ${amount(sessions, 'session')}`;
}

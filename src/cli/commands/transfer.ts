import type { Command } from 'commander';
import type { TransferOptions } from '../../server/transfer.js';
import type { Counts } from '../../transfer/export-line.js';
import { act, examples } from '../command.js';
import { openTarget } from '../export-target.js';
import { amount, readFile, runOnFile, sizeOf } from '../file-work.js';
import type { CliSession } from '../session.js';

type NodeOption = { readonly nodeId?: string };

// Only these commands need to load a store.
const load = () => import('../../server/transfer.js');

/** Whose data it is. */
type Server = Pick<TransferOptions, 'configPath' | 'nodeId'>;

export function addTransferCommands(program: Command): void {
  program
    .command('export')
    .argument('<file>', 'a new file; - is standard output')
    .argument('[config]', 'the configuration of the server whose data it is; without one the defaults hold')
    .option('--node-id <id>', 'of a cluster: the node that runs on this machine')
    .description("write a server's data to a file: everything but sessions")
    .addHelpText(
      'after',
      '\nA server alone has to be stopped first; of a cluster, the node has to run. Whoever has the file can read' +
        `\nevery message.\n${examples('holdfast export backup.jsonl', 'holdfast export - config.json | gzip > backup.jsonl.gz')}`,
    )
    .action(
      act<NodeOption>(async (session, [file = '', configPath], { nodeId }) =>
        runExport(session, file, { configPath, nodeId }),
      ),
    );

  program
    .command('import')
    .argument('<file>', 'what export has written')
    .argument('[config]', 'the configuration of the server that it is for; without one the defaults hold')
    .option('--node-id <id>', 'of a cluster: the node that runs on this machine')
    .description('bring an exported file into an empty server')
    .addHelpText(
      'after',
      '\nA server alone has to be stopped first; of a cluster, the node has to run. An import that was cut off goes' +
        '\non when the same command is run again. Afterwards everyone logs in again, with the same password.' +
        `\n${examples('holdfast import backup.jsonl config.json', 'holdfast import backup.jsonl config.json --node-id node1')}`,
    )
    .action(
      act<NodeOption>(async (session, [file = '', configPath], { nodeId }) =>
        runImport(session, file, { configPath, nodeId }),
      ),
    );
}

async function runExport(session: CliSession, path: string, server: Server): Promise<void> {
  const target = await openTarget(path);
  try {
    const trailer = await runOnFile(session, path, load, async ({ exportData }, signal, progress) =>
      exportData({
        ...server,
        env: process.env,
        signal,
        write: (text) => target.write(text),
        onProgress: (part) => progress.update('exporting', part),
      }),
    );
    await target.finish();
    const { counts, sha256 } = trailer;
    // Standard output has the data.
    if (path === '-') session.note(`Exported ${describe(counts)}.`);
    else session.print(`Exported ${describe(counts)} to ${path}.`, { exported: path, ...counts, sha256 });
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function runImport(session: CliSession, path: string, server: Server): Promise<void> {
  const size = await sizeOf(path);
  const outcome = await runOnFile(session, path, load, async ({ importData }, signal, progress) => {
    let label = 'checking';
    const open = () => readFile(path, signal, (read) => progress.update(label, read / size));
    const onChecked = () => (label = 'importing');
    return importData({ ...server, env: process.env, signal, open, onChecked });
  });
  const { already, resumed, trailer } = outcome;
  const { counts, sha256 } = trailer;
  const sentence = already
    ? `${path} has been imported before: nothing was changed.`
    : `Imported ${describe(counts)}. Everyone has to log in again.`;
  session.print(sentence, { imported: path, already, resumed, ...counts, sha256 });
}

function describe({ accounts, conversations, messages }: Counts): string {
  const parts = [
    amount(accounts, 'account'),
    amount(conversations, 'conversation'),
    amount(messages, 'message'),
  ];
  return `${parts.slice(0, 2).join(', ')} and ${parts[2] ?? ''}`;
}

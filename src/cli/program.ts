import { Command } from 'commander';
import { version } from '../server/version.js';
import { statusMeanings } from './cli-error.js';
import { examples } from './command.js';
import { addAccountCommands } from './commands/account.js';
import { addCertsCommand } from './commands/certs.js';
import { addBackupCommands } from './commands/backup.js';
import { addChatCommand } from './commands/chat.js';
import { addClusterCommand } from './commands/cluster.js';
import { addCompletionCommand } from './commands/completion.js';
import { addConversationCommands } from './commands/conversation.js';
import { addMessageCommands } from './commands/message.js';
import { addOutboxCommand } from './commands/outbox.js';
import { addNodeCommands } from './commands/node.js';
import { addReadCommand } from './commands/read.js';
import { addServeCommand } from './commands/serve.js';
import { addSessionCommands } from './commands/session.js';
import { addStatusCommand } from './commands/status.js';
import { addTransferCommands } from './commands/transfer.js';
import { addWatchCommand } from './commands/watch.js';

function append(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** The command line with all its commands. `json`: mistakes are told by whoever runs it, as JSON. */
export function createProgram({ json }: { readonly json: boolean }): Command {
  const program = new Command('holdfast')
    .description('chat that holds when machines fail')
    .usage('[options] <command>')
    .option(
      '--server <host:port>',
      'a server, https:// before it for TLS; may be given several times (or HOLDFAST_SERVER)',
      append,
    )
    .option('--ca <file>', "the authority of the servers' certificates; remembered (or HOLDFAST_CA)")
    .option('--as <username>', 'act as this user, who has logged in here (or HOLDFAST_AS)')
    .option('--json', 'print one JSON object a line, errors too')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text, write) => {
        if (!json) write(text.replace(/^error: /, 'holdfast: '));
      },
      writeErr: (text) => {
        if (!json) process.stderr.write(text);
      },
    })
    .showHelpAfterError('(add --help to see how)')
    .exitOverride()
    .addHelpText('after', introduction());
  program.commandsGroup('Messages:');
  addChatCommand(program);
  addMessageCommands(program);
  addReadCommand(program);
  addConversationCommands(program);
  addWatchCommand(program);
  addOutboxCommand(program);
  program.commandsGroup('People and logins:');
  addAccountCommands(program);
  addSessionCommands(program);
  program.commandsGroup('Servers:');
  addStatusCommand(program);
  addServeCommand(program);
  addClusterCommand(program);
  addNodeCommands(program);
  addCertsCommand(program);
  addBackupCommands(program);
  addTransferCommands(program);
  program.commandsGroup('Your shell:');
  addCompletionCommand(program);
  return program;
}

function introduction(): string {
  const statuses = statusMeanings.map(([status, meaning]) => `  ${String(status).padEnd(5)} ${meaning}`);
  const first = examples(
    'holdfast account create alice',
    "holdfast account list 'b*'",
    'holdfast send bob Are you there?',
    'holdfast watch',
  );
  return `${first}\n\nExit status:\n${statuses.join('\n')}`;
}

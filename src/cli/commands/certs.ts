import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CliError, exitStatus } from '../cli-error.js';
import { examples, wantsJson } from '../command.js';
import { jsonLine } from '../json-line.js';
import { table } from '../lines.js';
import { wholeNumber } from '../whole-number.js';

type Options = {
  readonly dir: string;
  readonly nodes?: readonly string[];
  readonly days: number;
};

type Certs = typeof import('../../certs/certificate-folder.js');
type Outcome = { readonly line: string; readonly json: object };

const defaultFolder = 'certs';
/** Days before its end at which a certificate is marked. */
const soon = 30;

/** Only who makes certificates needs to load what makes them. */
function working(make: (certs: Certs, args: readonly string[], options: Options) => Promise<Outcome>) {
  return async (...received: unknown[]): Promise<void> => {
    const command = received.at(-1) as Command;
    const certs = await import('../../certs/certificate-folder.js');
    const args = command.processedArgs.flat().filter((one) => one !== undefined) as string[];
    try {
      const { line, json } = await make(certs, args, command.opts<Options>());
      process.stdout.write(`${wantsJson(command) ? jsonLine(json) : line}\n`);
    } catch (cause) {
      if (!(cause instanceof certs.CertificateError)) throw cause;
      throw new CliError(exitStatus.refused, cause.message, { cause });
    }
  };
}

function state(until: Date): string {
  const days = Math.floor((until.getTime() - Date.now()) / 86_400_000);
  if (until.getTime() <= Date.now()) return 'EXPIRED';
  return days < soon ? `only ${days} days left` : `${days} days left`;
}

export function addCertsCommand(program: Command): void {
  const certs = program.command('certs').description('make certificates for TLS, for those who have none');
  const days: [string, string, typeof wholeNumber, number] = [
    '--days <count>',
    'for how long they are valid',
    wholeNumber,
    730,
  ];
  const dir: [string, string, string] = ['--dir <folder>', 'where the certificates are', defaultFolder];

  certs
    .command('init')
    .description('make a private authority, and a certificate for each node')
    .requiredOption(
      '--nodes <host...>',
      "host names or IP addresses, one for each node; several of the same node with ',' between them",
    )
    .option(...dir)
    .option(...days)
    .addHelpText(
      'after',
      examples(
        'holdfast certs init --nodes alpha.example beta.example gamma.example',
        'holdfast certs init --dir /root/certs --nodes alpha.example,10.0.0.1 beta.example,10.0.0.2',
      ),
    )
    .action(
      working(async ({ CertificateFolder }, _args, options) => {
        const folder = new CertificateFolder(resolve(options.dir));
        const made = await folder.init((options.nodes ?? []).map(namesIn), options.days);
        const line =
          `${made.length + 1} certificates are in ${folder.path}.\n` +
          `Give each node ca.pem and its own .pem and .key, and name them under "tls" in its configuration; give clients ca.pem.\n` +
          `Keep ca.key away from all of them: who has it can pass for any node.`;
        return { line, json: { authority: folder.authorityPath, nodes: made } };
      }),
    );

  certs
    .command('node')
    .description('make the certificate of one more node')
    .argument('<name...>', "the node's host names and IP addresses; the first one names its files")
    .option(...dir)
    .option(...days)
    .addHelpText('after', examples('holdfast certs node zeta.example 10.0.0.6'))
    .action(
      working(async ({ CertificateFolder }, args, options) => {
        const made = await new CertificateFolder(resolve(options.dir)).addNode(
          args.flatMap(namesIn),
          options.days,
        );
        return { line: `${made.certificate}\n${made.key}`, json: made };
      }),
    );

  certs
    .command('show')
    .description('show certificates and until when they are valid')
    .argument('[file...]', 'certificates in PEM; by default those of the folder')
    .option(...dir)
    .addHelpText('after', examples('holdfast certs show', 'holdfast certs show /etc/holdfast/alpha.pem'))
    .action(
      working(async ({ CertificateFolder, readFacts, dateOf }, files, options) => {
        const facts =
          files.length > 0
            ? await Promise.all(files.map(readFacts))
            : await new CertificateFolder(resolve(options.dir)).list();
        const rows = facts.map(({ path, authority, names, until }) => [
          path,
          authority ? 'authority' : names.join(', '),
          dateOf(until),
          state(until),
        ]);
        return {
          line: table([['file', 'of', 'until', ''], ...rows]),
          json: { certificates: facts },
        };
      }),
    );
}

function namesIn(text: string): string[] {
  return text.split(',');
}

import { CliError, exitStatus } from './cli-error.js';
import { report } from './report.js';
import { createProgram } from './program.js';

/** Runs the command line. Returns the exit status (docs/cli.md). */
export async function main(argv: readonly string[]): Promise<number> {
  const words = argv.slice(2);
  const json = asksForJson(words);
  const program = createProgram({ json });
  watchOutput(json);
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(argv);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return report(error, json);
  }
}

/** Also for words that can't be understood otherwise. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
}

/** A reader that has seen enough, such as head, is no failure; a disk that is full is one. */
function watchOutput(json: boolean): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    const message = `standard output can not be written: ${error.message}`;
    process.exit(report(new CliError(exitStatus.refused, message, { cause: error }), json));
  });
  // Whoever does not want to hear what went wrong still gets the status.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

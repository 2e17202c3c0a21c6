import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { examples, wantsJson } from '../command.js';

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .argument('[config]', 'a JSON file; without one the defaults hold')
    .option('--node-id <id>', 'run as this node of a cluster')
    .description('run a server')
    .addHelpText(
      'after',
      examples(
        'holdfast serve',
        'holdfast serve config.json',
        'holdfast serve config_distributed.json --node-id node2',
      ),
    )
    .action(async (configPath: string | undefined, { nodeId }: { nodeId?: string }, command: Command) => {
      // Only a server needs to load one.
      const { serve, serveStatusOf } = await import('../../server/main.js');
      try {
        await serve({ configPath, nodeId, env: process.env, json: wantsJson(command) });
      } catch (cause) {
        const status = serveStatusOf(cause);
        if (status === undefined || !(cause instanceof Error)) throw cause;
        throw new CliError(status, cause.message, { cause });
      }
    });
}

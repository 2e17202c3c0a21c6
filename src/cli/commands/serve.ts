import type { Command } from 'commander';

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .argument('[config]', 'a JSON file; without one the defaults hold')
    .option('--node-id <id>', 'run as this node of a cluster')
    .description('run a server')
    .addHelpText(
      'after',
      '\nExamples:\n  npx holdfast serve\n  CHAT_PORT=9000 npx holdfast serve config.json',
    )
    .action(async (configPath: string | undefined, { nodeId }: { nodeId?: string }) => {
      // Only a server needs to load one.
      const { serve } = await import('../../server/main.js');
      await serve({ configPath, nodeId, env: process.env });
    });
}

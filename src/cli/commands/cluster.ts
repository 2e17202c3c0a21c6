import type { Command } from 'commander';
import { CliError, exitStatus } from '../cli-error.js';
import { examples, wantsJson } from '../command.js';
import { wholeNumber } from '../whole-number.js';

type Options = {
  readonly nodes: number;
  readonly startPort: number;
  readonly data: string;
  readonly tls?: boolean;
};

export function addClusterCommand(program: Command): void {
  program
    .command('cluster')
    .description('run every node of a cluster on this machine, to try it or to develop with it')
    .option('--nodes <count>', 'how many; five tolerate two failures, three tolerate one', wholeNumber, 5)
    .option(
      '--start-port <port>',
      "the first node's gRPC port; Raft ports are 1000 above, web ports 808 below",
      wholeNumber,
      8_888,
    )
    .option('--data <folder>', "where the nodes' data is kept", 'cluster_data')
    .option('--tls', 'with TLS, and an authority of their own in the folder')
    .addHelpText(
      'after',
      examples('holdfast cluster', 'holdfast cluster --nodes 3 --start-port 9000 --data /tmp/three'),
    )
    .action(async (options: Options, command: Command) => {
      const { PlanError, planCluster } = await import('../../launcher/cluster-plan.js');
      const { CertificateError } = await import('../../certs/certificate-folder.js');
      const { launch } = await import('../../launcher/launch.js');
      try {
        await launch(planCluster(options), process.env, { json: wantsJson(command) });
      } catch (error) {
        if (error instanceof CertificateError) throw new CliError(exitStatus.refused, error.message);
        if (error instanceof PlanError) throw new CliError(exitStatus.usage, error.message);
        throw error;
      }
    });
}

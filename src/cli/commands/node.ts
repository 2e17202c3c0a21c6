import type { Command } from 'commander';
import type { MembershipChanges, MemberHealth } from '../../server/membership-command.js';
import { CliError, exitStatus } from '../cli-error.js';
import { examples } from '../command.js';
import { jsonLine } from '../json-line.js';
import { table } from '../lines.js';
import { printable } from '../../client/printable.js';

type Options = { readonly nodeId: string; readonly json?: boolean };

const configured = 'config_distributed.json --node-id node1';

function show(members: readonly MemberHealth[]): string {
  const rows = members.map(({ id, name, address, learner, started, up }) => [
    name || '(not started yet)',
    address,
    learner ? 'learner' : 'voter',
    up ? 'up' : started ? 'down' : 'waited for',
    id,
  ]);
  return table(
    [['node', 'Raft', 'kind', 'state', 'member id'], ...rows].map((row) =>
      row.map((cell) => printable(cell)),
    ),
  );
}

/** A member has no name before it has started: who takes it out again knows it by its address. */
async function unstarted(membership: MembershipChanges): Promise<string> {
  const waiting = (await membership.health()).filter(({ name }) => name === '');
  return waiting
    .map(({ address }) => ` One that has not started yet is: remove it by its address, ${address}.`)
    .join('');
}

/** Runs an action on the members through the node that runs here. */
function through(
  act: (membership: MembershipChanges, args: readonly string[]) => Promise<{ line: string; json: object }>,
) {
  return async (...received: unknown[]): Promise<void> => {
    const command = received.at(-1) as Command;
    const [configPath = '', ...args] = command.processedArgs.filter((one) => one !== undefined) as string[];
    const { nodeId, json } = command.optsWithGlobals<Options>();
    const { isExpectedFailure, withMembership } = await import('../../server/membership-command.js');
    const { ConfigError } = await import('../../server/config.js');
    try {
      const outcome = await withMembership({ configPath, nodeId, env: process.env }, (membership) =>
        act(membership, args),
      );
      process.stdout.write(`${json ? jsonLine(outcome.json) : outcome.line}\n`);
    } catch (error) {
      if (error instanceof ConfigError) throw new CliError(exitStatus.usage, error.message, { cause: error });
      if (isExpectedFailure(error)) throw new CliError(exitStatus.refused, error.message, { cause: error });
      throw error;
    }
  };
}

export function addNodeCommands(program: Command): void {
  const node = program
    .command('node')
    .description('change the nodes of a cluster, on a machine where one of them runs');
  const command = (name: string, description: string, example: string) =>
    node
      .command(name)
      .description(description)
      .argument('<config>', "the configuration of this machine's node")
      .requiredOption('--node-id <id>', "this machine's node")
      .addHelpText('after', examples(`holdfast node ${example}`));

  command('list', 'show the members of the cluster', `list ${configured}`).action(
    through(async (membership) => {
      const members = await membership.health();
      return { line: show(members), json: { members } };
    }),
  );

  command('add', 'let a further node join', `add ${configured} node6 host6:9888`)
    .argument('<new-node>', "the new node's id")
    .argument('<raft-address>', 'HOST:PORT at which the others reach it')
    .action(
      through(async (membership, [id = '', address = '']) => {
        const member = await membership.add(id, address);
        const line =
          `${id} may join. Add it to "peers" in the configuration of every node, and start it with an empty folder:\n` +
          `  npx holdfast serve CONFIG.json --node-id ${id}`;
        return { line, json: { member } };
      }),
    );

  command('remove', 'take a node out of the cluster', `remove ${configured} node6`)
    .argument('<node>', 'its id, its Raft address or its member id')
    .action(
      through(async (membership, [which = '']) => {
        const removed = await membership.remove(which);
        const line = removed
          ? `${which} is no longer a member. Take it out of "peers" in the configuration of every node.`
          : `${which} is not a member.${await unstarted(membership)}`;
        return { line, json: { removed } };
      }),
    );

  command('replace', 'put a fresh node in the place of a dead one', `replace ${configured} node4`)
    .argument('<node>', "the dead node's id")
    .argument('[raft-address]', 'HOST:PORT of the fresh one, when it is another')
    .action(
      through(async (membership, [which = '', address]) => {
        const member = await membership.replace(which, address);
        const line =
          `${which} is to be replaced. Start the fresh one with an empty folder; it votes once it has caught up:\n` +
          `  npx holdfast serve CONFIG.json --node-id ${which}`;
        return { line, json: { member } };
      }),
    );
}

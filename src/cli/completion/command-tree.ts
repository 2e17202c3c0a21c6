import type { Argument, Command, Option } from 'commander';

/**
 * What can be typed in a place: `files` the shell knows, `choices` are written into the script, the others
 * `holdfast __complete` finds out when they are asked for. Undefined: nothing can be proposed.
 */
export type Kind = 'files' | NameKind | readonly string[] | undefined;

/** `people`: whom one can write to; `logins`: who is logged in here; ids of sessions; keys of the outbox. */
export type NameKind = 'people' | 'logins' | 'sessions' | 'outbox';

export type OptionNode = {
  /** Such as -h and --help. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
  readonly kind: Kind;
};

export type CommandNode = {
  /** Such as `account create`; empty for the program itself. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly children: readonly CommandNode[];
  /** Its own ones and those of every command. */
  readonly options: readonly OptionNode[];
  /** Of its arguments, in their order. */
  readonly args: readonly Kind[];
};

/** By the command's path and the argument's name. */
const argumentKinds: Readonly<Record<string, Kind>> = {
  'login username': 'logins',
  'account show username': 'people',
};

const argumentKindsByName: Readonly<Record<string, Kind>> = {
  who: 'people',
  file: 'files',
  config: 'files',
};

const optionKinds: Readonly<Record<string, Kind>> = {
  '--as': 'logins',
  '--ca': 'files',
  '--data': 'files',
  '--dir': 'files',
  '--revoke': 'sessions',
  '--again': 'outbox',
  '--drop': 'outbox',
};

/** The program's commands and options, as completion scripts need them; without what is hidden. */
export function commandTree(program: Command): CommandNode {
  const help = program.createHelp();
  const globals = help.visibleOptions(program).map(optionNode);
  const node = (command: Command, parents: readonly string[]): CommandNode => {
    const names = command === program ? [] : [...parents, command.name()];
    const path = names.join(' ');
    const own = command === program ? [] : help.visibleOptions(command).map(optionNode);
    const children = help.visibleCommands(command).map((child) => node(child, names));
    return {
      path,
      name: command.name(),
      description: command.description(),
      children,
      options: unique([...own, ...globals.filter(({ flags }) => path === '' || !flags.includes('-V'))]),
      args: command.registeredArguments.map((argument) => argumentKind(path, argument)),
    };
  };
  return node(program, []);
}

/** The node and all below it. */
export function allNodes(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}

/** `help` is an option of each command; once is enough. */
function unique(options: readonly OptionNode[]): readonly OptionNode[] {
  return options.filter(
    (one, i) => options.findIndex(({ flags }) => flags.join() === one.flags.join()) === i,
  );
}

function optionNode(option: Option): OptionNode {
  const { short, long, description, required, optional, argChoices } = option;
  const flags = [short, long].filter((flag) => flag !== undefined);
  const kind = argChoices ?? optionKinds[long ?? ''];
  return { flags, description, takesValue: required || optional, kind };
}

function argumentKind(path: string, argument: Argument): Kind {
  if (argument.argChoices) return argument.argChoices;
  return argumentKinds[`${path} ${argument.name()}`] ?? argumentKindsByName[argument.name()];
}

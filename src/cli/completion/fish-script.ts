import { allNodes } from './command-tree.js';
import type { CommandNode, Kind } from './command-tree.js';

/** A script for fish 3 and later. */
export function fishScript(root: CommandNode): string {
  const nodes = allNodes(root);
  const taking = nodes.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags }) => flags.map((flag) => `            case ${quoted(`${path} ${flag}`)}`)),
  );
  const lines = nodes.flatMap((node) => linesOf(node));
  return `# Completes the words of holdfast in fish. Once:
#   npx holdfast completion fish > ~/.config/fish/completions/holdfast.fish

# Prints the command that is typed, then how many of its arguments are there.
function __holdfast_place
    set -l path
    set -l count 0
    set -l value
    set -l ended
    for word in (commandline -opc)[2..-1]
        if test -n "$value"
            set value
        else if test -z "$ended"; and test "$word" = --
            set ended 1
        else if test -z "$ended"; and string match -q -- '-*' $word
            __holdfast_takes_value "$path $word"; and set value 1
        else if __holdfast_is_command (string trim -- "$path $word")
            set path (string trim -- "$path $word")
            set count 0
        else
            set count (math $count + 1)
        end
    end
    echo $path
    echo $count
end

function __holdfast_takes_value
    switch "$argv[1]"
${taking.map((line) => line.slice(4)).join('\n')}
            return 0
    end
    return 1
end

function __holdfast_is_command
    contains -- "$argv[1]" ${nodes
      .filter(({ path }) => path !== '')
      .map(({ path }) => quoted(path))
      .join(' ')}
end

# Whether that command is typed; with a second argument, whether so many of its arguments are there.
function __holdfast_at
    set -l place (__holdfast_place)
    test "$place[1]" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; or test "$place[2]" -eq "$argv[2]"
end

function __holdfast_names
    set -l typed (commandline -opc)[2..-1] (commandline -ct)
    if type -q holdfast
        holdfast __complete $argv[1] -- $typed </dev/null 2>/dev/null
    else
        npx --no-install holdfast __complete $argv[1] -- $typed </dev/null 2>/dev/null
    end
end

function __holdfast_after_npx
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = holdfast
end

complete -c holdfast -f
${lines.join('\n')}
complete -c npx -n __holdfast_after_npx -x -a '(complete -C (string replace -r "^\\s*npx\\s+" "" -- (commandline -cp)))'
`;
}

function linesOf({ path, children, options, args }: CommandNode): readonly string[] {
  const at = (count?: number) =>
    `complete -c holdfast -n ${quoted(`__holdfast_at ${quoted(path)}${count === undefined ? '' : ` ${count}`}`)}`;
  const commands = children.map(
    ({ name, description }) => `${at(0)} -a ${quoted(name)} -d ${quoted(description)}`,
  );
  const flags = options.map((option) => {
    const names = option.flags.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const value = option.takesValue ? ` ${proposal(option.kind, '-x')}` : '';
    return `${at()} ${names.join(' ')}${value} -d ${quoted(option.description)}`;
  });
  const proposals = args.flatMap((kind, i) => (kind === undefined ? [] : [`${at(i)} ${proposal(kind, '')}`]));
  return [...commands, ...flags, ...proposals];
}

/** `exclusive`: the option for a value beside which no files are proposed. */
function proposal(kind: Kind, exclusive: string): string {
  if (kind === undefined) return exclusive;
  if (kind === 'files') return exclusive === '' ? '-F' : '-r -F';
  const names = typeof kind === 'object' ? quoted(kind.join(' ')) : quoted(`(__holdfast_names ${kind})`);
  return `${exclusive} -a ${names}`.trim();
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

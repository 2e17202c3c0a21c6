import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPeople } from '../testkit/cli-people.js';
import { program } from '../testkit/server-process.js';
import { shellProgram } from '../testkit/shell-program.js';

/** Ann, who talks with ben and with a person whose account is gone, and a machine where `holdfast` is on PATH. */
async function start() {
  const { people, home, shell } = await startPeople('ben', 'Bella', 'zoe', 'ann');
  await people.ann.say('ben', 'hi');
  await people.zoe.say('ann', 'bye');
  await people.zoe.client.deleteAccount('correct horse');
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'holdfast'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(join(bin, 'holdfast'), 0o700);
  await writeFile(join(home, 'backup.jsonl'), '');
  /** Runs a shell in the home folder, with a terminal when something is typed. */
  const run = async (name: 'bash' | 'zsh' | 'fish', args: string, typed?: readonly string[]) => {
    const line = `cd '${home}' && HOME='${home}' ZDOTDIR='${home}' TERM=dumb PATH='${bin}':$PATH '${shellProgram(name)}' ${args}`;
    if (typed === undefined) return (await shell.spawn('sh', ['-c', line]).ended()).out;
    const running = shell.spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null']);
    for (const [i, text] of typed.entries()) {
      await running.shows(`ready${i}>`);
      running.type(text);
    }
    await running.ended();
    return running.out;
  };
  return { home, run };
}

/** What is typed, with Tab, and what the shell then runs. */
const typing: readonly (readonly [string, string])[] = [
  ['holdfast acc\tlis\t', 'account list'],
  ['holdfast send ben hi', 'send ben hi'],
  ['holdfast send be\thi', 'send ben hi'],
  ['holdfast send B\thi', 'send Bella hi'],
  ['holdfast --as ben send a\thi', '--as ben send ann hi'],
  ['holdfast read --unr\t', 'read --unread'],
  ['holdfast --as=z\tcompl\tzs\t', '--as=zoe completion zsh'],
  ['holdfast export ba\t', 'export backup.jsonl'],
];

/** The prompt counts up; a completed command is shown instead of run. */
const prelude = `
count=-1
holdfast() { if [[ $1 == __complete ]]; then command holdfast "$@"; else echo "RAN[$*]"; fi; }
`;

function ran(output: string): string[] {
  return [...output.matchAll(/RAN\[(.*?) *\]/g)].map(([, words = '']) => words);
}

describe('completion', () => {
  it('in bash, as people type', async () => {
    const { home, run } = await start();
    const prompt = `PROMPT_COMMAND='count=$((count + 1)); PS1="ready$count> "'\nbind 'set enable-bracketed-paste off'\n`;
    await writeFile(join(home, 'rc'), `source <(holdfast completion bash)\n${prelude}${prompt}`);
    const typed = [...typing.map(([text]) => `${text}\r`), 'exit\r'];
    const output = await run('bash', '--rcfile rc -i', typed);
    expect(ran(output)).toEqual(typing.map(([, words]) => words));
  });

  it('in bash, what is proposed', async () => {
    const { home, run } = await start();
    const script = `
source <(holdfast completion bash)
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); $f 2>/dev/null; echo "\${COMPREPLY[*]}"; }
f=_holdfast
try holdfast account ''
try holdfast send ''
try holdfast --server localhost : 1 send ''
try holdfast --as ''
try holdfast --server ''
try holdfast account create ''
try holdfast read ben --limit ''
try holdfast send -- --
try holdfast mark-read --a
f=_holdfast_npx
try npx holdfast completion ''
try npx other ''
`;
    await writeFile(join(home, 'try'), script);
    expect((await run('bash', '--norc try')).split('\n')).toEqual([
      'create list show password delete help',
      // Not somebody whose account is gone.
      'ben',
      '',
      'ann bella ben zoe',
      ...['', '', '', ''],
      '--all --as',
      'bash zsh fish',
      ...['', ''],
    ]);
  });

  it('in zsh, as people type', async () => {
    const { home, run } = await start();
    const rc = `
if [[ -n $ZSH_UNPACKED ]]; then
  module_path=($ZSH_UNPACKED/usr/lib/*/zsh/*(/)) fpath=($ZSH_UNPACKED/usr/share/zsh/functions/**/*(/))
fi
autoload -U compinit && compinit -u -D
source <(holdfast completion zsh)
${prelude}
precmd() { count=$((count + 1)); PS1="ready$count> " }
`;
    await writeFile(join(home, '.zshrc'), rc);
    const typed = [...typing.map(([text]) => `${text}\r`), 'exit\r'];
    const output = await run('zsh', '-i', typed);
    expect(ran(output)).toEqual(typing.map(([, words]) => words));
  });

  it('in fish', async () => {
    const { home, run } = await start();
    const lines = [
      ['holdfast acc', 'account'],
      ['holdfast account ', 'create delete help list password show'],
      ['holdfast --as ann send ', 'ben'],
      ['holdfast send b', 'Bella ben'],
      ['holdfast --as=z', '--as=zoe'],
      ['holdfast --as ', 'ann bella ben zoe'],
      ['holdfast read --un', '--unread'],
      ['holdfast completion ', 'bash fish zsh'],
      ['holdfast account create ', ''],
      ['holdfast --server localhost:1 send ', ''],
      ['holdfast import ba', 'backup.jsonl'],
      ['npx holdfast acc', 'account'],
    ];
    const tries = lines.map(([line]) => `echo (complete -C '${line}' | string replace -r '\\t.*' '')`);
    await writeFile(join(home, 'try'), ['holdfast completion fish | source', ...tries].join('\n'));
    const output = (await run('fish', 'try')).trimEnd().split('\n');
    expect(
      output.map((line) =>
        line
          .split(' ')
          .sort((a, b) => a.localeCompare(b))
          .join(' '),
      ),
    ).toEqual(lines.map(([, proposed]) => proposed));
  });
});

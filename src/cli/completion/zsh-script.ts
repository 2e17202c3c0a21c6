import { allNodes } from './command-tree.js';
import type { CommandNode } from './command-tree.js';
import { askProgram, kindWord, pathPattern, quoted, valueCases } from './shell-script.js';

/** A script for zsh 5 and later. */
export function zshScript(root: CommandNode): string {
  const described = (name: string, description: string) =>
    quoted(`${name.replaceAll(':', '\\:')}:${description.replaceAll(':', '\\:')}`);
  const cases = allNodes(root).map(({ path, children, options, args }) => {
    const commands = children.map((child) => described(child.name, child.description)).join(' ');
    const flags = options.flatMap((option) =>
      option.flags.map((flag) => described(flag, option.description)),
    );
    const kinds = args.map((kind) => quoted(kindWord(kind))).join(' ');
    return `    ${quoted(path)}) commands=(${commands}) options=(${flags.join(' ')}) args=(${kinds}) ;;`;
  });
  return `#compdef holdfast
# Completes the words of holdfast in zsh. In ~/.zshrc, after compinit:
#   source <(npx holdfast completion zsh)

_holdfast_kind() {
  kind=
  case "$1" in
${valueCases(root)}
    *) return 1 ;;
  esac
}

_holdfast_ask() {
    ${askProgram}
}

_holdfast_propose_kind() {
  local -a names
  case "$kind" in
    '') return 1 ;;
    files) _files ;;
    '='*) names=(\${=kind#=}); compadd -a names ;;
    *) names=(\${(f)"$(_holdfast_ask)"}); compadd -a names ;;
  esac
}

_holdfast_from() {
  local kind='' path_='' value='' ended='' word current
  local -i i count=0
  local -a typed commands options args
  typed=("\${(@Q)words[$1,CURRENT]}")
  current=$typed[-1]
  for ((i = 1; i < \${#typed}; i++)); do
    word=$typed[i]
    if [[ -n $value ]]; then
      value=
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -* ]]; then
      if _holdfast_kind "$path_ $word"; then value=1; fi
    else
      case "\${path_:+$path_ }$word" in
        ${pathPattern(root)}) path_="\${path_:+$path_ }$word"; count=0 ;;
        *) count=$((count + 1)) ;;
      esac
    fi
  done
  case "$path_" in
${cases.join('\n')}
  esac
  if [[ -n $value ]]; then
    _holdfast_propose_kind
  elif [[ -z $ended && $current == --*=* ]]; then
    _holdfast_kind "$path_ \${current%%=*}" || return 1
    compset -P '*='
    _holdfast_propose_kind
  elif [[ -z $ended && $current == -* ]]; then
    _describe -o option options
  elif (( \${#commands} > 0 && count == 0 )); then
    _describe command commands
  else
    kind=$args[count+1]
    _holdfast_propose_kind
  fi
}

_holdfast() { _holdfast_from 2 }

_holdfast_npx() {
  if [[ $words[2] == holdfast && $CURRENT -ge 3 ]]; then
    _holdfast_from 3
  else
    _files
  fi
}

if [[ $funcstack[1] == _holdfast ]]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
  if (( ! $+_comps[npx] )); then compdef _holdfast_npx npx; fi
fi
`;
}

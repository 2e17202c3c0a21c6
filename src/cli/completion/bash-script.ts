import { allNodes } from './command-tree.js';
import type { CommandNode } from './command-tree.js';
import { askProgram, kindWord, pathPattern, quoted, valueCases } from './shell-script.js';

/** A script for bash 3.2 and later. */
export function bashScript(root: CommandNode): string {
  const cases = allNodes(root).map(({ path, children, options, args }) => {
    const commands = children.map(({ name }) => name).join(' ');
    const flags = options.flatMap((option) => option.flags).join(' ');
    const kinds = args.map((kind) => quoted(kindWord(kind))).join(' ');
    return `    ${quoted(path)}) commands=${quoted(commands)} options=${quoted(flags)} args=(${kinds}) ;;`;
  });
  return `# Completes the words of holdfast in bash. In ~/.bashrc:
#   source <(npx holdfast completion bash)

# The words typed so far, from the given index on; bash takes them apart at : and =, this joins them again.
_holdfast_typed() {
  local i word glue=
  typed=()
  for ((i = $1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ \${#typed[@]} -gt 0 && ( -n $glue || $word == [:=]* ) ]]; then
      typed[\${#typed[@]}-1]+=$word
    else
      typed+=("$word")
    fi
    glue=
    if [[ $word == [:=] || $word == *[:=] ]]; then glue=1; fi
  done
}

_holdfast_kind() {
  kind=
  case "$1" in
${valueCases(root)}
    *) return 1 ;;
  esac
}

_holdfast_propose() {
  local candidate
  while IFS= read -r candidate; do
    if [[ -n $candidate && $candidate == "$1"* ]]; then COMPREPLY+=("$candidate"); fi
  done
}

_holdfast_propose_kind() {
  case "$kind" in
    '') ;;
    files) compopt -o default 2>/dev/null ;;
    =*) _holdfast_propose "$1" < <(printf '%s\\n' \${kind#=}) ;;
    *) _holdfast_propose "$1" < <(_holdfast_ask) ;;
  esac
}

_holdfast_ask() {
    ${askProgram}
}

_holdfast_from() {
  local typed kind='' path='' value='' ended='' word i count=0 current commands options args
  COMPREPLY=()
  _holdfast_typed "$1"
  current=\${typed[\${#typed[@]}-1]}
  for ((i = 0; i < \${#typed[@]} - 1; i++)); do
    word=\${typed[i]}
    if [[ -n $value ]]; then
      value=
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -* ]]; then
      if _holdfast_kind "$path $word"; then value=1; fi
    else
      case "\${path:+$path }$word" in
        ${pathPattern(root)}) path="\${path:+$path }$word" count=0 ;;
        *) count=$((count + 1)) ;;
      esac
    fi
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ -n $value ]]; then
    _holdfast_propose_kind "$current"
  elif [[ -z $ended && $current == --*=* ]]; then
    if _holdfast_kind "$path \${current%%=*}"; then _holdfast_propose_kind "\${current#*=}"; fi
  elif [[ -z $ended && $current == -* ]]; then
    _holdfast_propose "$current" < <(printf '%s\\n' $options)
  elif [[ -n $commands && $count -eq 0 ]]; then
    _holdfast_propose "$current" < <(printf '%s\\n' $commands)
  else
    kind=\${args[count]}
    _holdfast_propose_kind "$current"
  fi
}

_holdfast() { _holdfast_from 1; }

_holdfast_npx() {
  if [[ \${COMP_WORDS[1]} == holdfast && $COMP_CWORD -ge 2 ]]; then
    _holdfast_from 2
  else
    COMPREPLY=()
    compopt -o default 2>/dev/null
  fi
}

complete -F _holdfast holdfast
if ! complete -p npx >/dev/null 2>&1; then complete -F _holdfast_npx npx; fi
`;
}

import { Argument, Command } from 'commander';
import { print } from '../output.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** `longshore completion SHELL`: a script made from the command tree. */
export function completionCommand(program: () => Promise<Command>): Command {
  return new Command('completion')
    .description('Print a completion script, e.g. source <(longshore completion bash).')
    .addArgument(new Argument('<shell>').choices(shells))
    .action(async (shell: (typeof shells)[number]) => {
      const words = wordsByPath(await program());
      print(
        shell === 'fish'
          ? fish(words)
          : shell === 'zsh'
            ? `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`
            : bash(words),
      );
    });
}

/** What may follow each chain of commands: subcommands and options. */
function wordsByPath(program: Command): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const visit = (command: Command, path: string): void => {
    const options = command.options.map((option) => option.long ?? option.short ?? '');
    const children = command.commands as readonly Command[];
    found.set(path, [...children.map((child) => child.name()), ...options, '--help']);
    for (const child of children)
      visit(child, path === '' ? child.name() : `${path} ${child.name()}`);
  };
  visit(program, '');
  return found;
}

function bash(words: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...words].map(([path, next]) => `    '${path}') words='${next.join(' ')}';;`);
  return [
    '_longshore() {',
    '  local path= word words=',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case $word in -*) ;; *) path="${path:+$path }$word";; esac',
    '  done',
    '  while :; do case $path in',
    ...cases,
    '    esac',
    '    [ -n "$words" ] || [ -z "$path" ] && break',
    '    case $path in *" "*) path=${path% *};; *) path=;; esac',
    '  done',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -F _longshore longshore',
  ].join('\n');
}

function fish(words: ReadonlyMap<string, readonly string[]>): string {
  return [...words]
    .map(([path, next]) => {
      const condition =
        path === ''
          ? '__fish_use_subcommand'
          : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
      return `complete -c longshore -f -n '${condition}' -a '${next.join(' ')}'`;
    })
    .join('\n');
}

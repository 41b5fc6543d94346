/** A user of this machine, by number. */
export interface NamespaceUser {
  readonly uid: number;
  readonly gid: number;
}

/** How a mount namespace is made: by root, or by anybody inside a user namespace. */
export type NamespaceMode = 'root' | 'user';

/**
 * Makes the mounts below a root of its own and enters it last. Until then every program that runs
 * here with rights is the host's own, not one that the job laid over it; what runs after it has no
 * rights any more. $1 is the folder that `prepareNamespace` wrote, $2 the words of the last step. Each line of `identities` is what a bound path must be once it is bound: somebody may have
 * put a link in its place after it was looked at.
 */
const script = `
folder=$1 leave=$2
shift 2
refuse() {
  printf 'refused %s\\n' "\${1%%
*}"
  exit 1
}
words=$(mount --all --fstab "$folder/mounts" 2>&1 </dev/null) ||
  refuse "its mounts could not be made: $words"
seen=$(xargs -0 -r -a "$folder/bound" stat --format=%d:%i -- 2>&1 </dev/null)
[ "$seen" = "$(cat "$folder/identities")" ] ||
  refuse 'something that is mounted was replaced or removed while it was being mounted'
exec unshare --root="$folder/root" $leave -- "$@"
`;

/**
 * The argument vector that runs `argv` where the mounts are, as `user` (null = who makes it, as
 * it is). Signals, process group, session, environment and open files are those of the caller: all
 * steps replace each other by exec, none forks. Set-user-id programs have no effect inside when
 * the user is changed. When the mounts cannot be made it writes one line, `refused <words>`, to its
 * standard output and exits with 1. The working directory afterwards is `/`.
 */
export function wrapArgv(
  namespace: { readonly folder: string; readonly mode: NamespaceMode },
  user: NamespaceUser | null,
  argv: readonly string[],
): readonly [string, ...string[]] {
  const shell = ['/bin/sh', '-c', script, 'namespace', namespace.folder];
  const mounts = ['--mount', '--propagation', 'private'];
  if (namespace.mode === 'user') {
    const leave = '-- setpriv --ambient-caps=-all --inh-caps=-all';
    const own = ['--user', '--map-current-user', '--keep-caps'];
    return ['unshare', ...own, ...mounts, '--', ...shell, leave, ...argv];
  }
  const make = ['unshare', ...mounts, '--', ...shell] as [string, ...string[]];
  if (user === null) return [...make, '', ...argv];
  const leave = `--setuid=${user.uid} --setgid=${user.gid}`;
  return ['setpriv', '--no-new-privs', ...make, leave, ...argv];
}

/**
 * The argument vector that runs `argv` with the mounts of a running process of a job, as `user`.
 * It lets go of all rights before it becomes a program that the job may have laid there. The
 * working directory afterwards is `/`.
 */
export function enterArgv(
  pid: number,
  mode: NamespaceMode,
  user: NamespaceUser | null,
  argv: readonly string[],
): readonly [string, ...string[]] {
  const enter = ['nsenter', '--target', `${pid}`, '--mount', '--root'] as const;
  if (mode === 'user') return [...enter, '--user', '--preserve-credentials', '--', ...argv];
  if (user === null) return [...enter, '--', ...argv];
  const drop = [`--setuid=${user.uid}`, `--setgid=${user.gid}`];
  return ['setpriv', '--no-new-privs', ...enter, ...drop, '--', ...argv];
}

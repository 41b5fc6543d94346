import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { launcherVariable } from '../protocol.ts';
import { hasProc } from './processes.ts';

/**
 * The shell program of a keeper. It reads one attempt id per line, runs that attempt's `command`
 * as a background job and waits; one fork per attempt and no other program.
 *
 * - The job begins the file `process` itself, with noclobber: whoever creates that file first
 *   decides, so a supervisor that finds none can fence the start off for good.
 * - It does not read its own start time: that costs a fresh copy of the shell's memory (a sixth
 *   of a whole attempt). The supervisor adds it for those that live long enough to need it.
 * - `wait` gives 137 both for `exit 137` and for a SIGKILL. The shell's notice on its own stderr
 *   (fd 2, read back through fd 3) tells them apart: it says `Exit 137` or `Killed`.
 * - `wait -f` would spare the look for stopped jobs but spins for ever in bash 5.2 when the job
 *   ended before it ("wait_for: No record of process"), so it is only used for stopped ones.
 * - The end is written by its full path: a job may have deleted its working directory.
 * - What is left of the job's process group when its main process ends is killed.
 */
export interface KeeperShell {
  /** Program and arguments up to the script. */
  readonly argv: readonly [string, ...string[]];
  readonly script: string;
  /** The beginning of a hook's shell, up to sourcing the file given as $1. */
  readonly hookScript: string;
  /** For health and diagnosis. */
  readonly words: string;
}

/** Longest wait for a program that is tried out. */
const probeMs = 5_000;
const bashPaths = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/opt/homebrew/bin/bash'];

/**
 * Finds the shell keepers run in; a text saying what to install when there is none.
 * `confined`: jobs run as another user and must not gain rights by set-user-id programs.
 */
export function findKeeperShell(confined: boolean): KeeperShell | string {
  const shell =
    bashPaths.map((path) => bashKeeper(path)).find((found) => found !== null) ?? setsidKeeper();
  if (shell === null) return 'no bash 5 or newer and no setsid found; install bash';
  if (!confined || !hasSetpriv()) return shell;
  return { ...shell, argv: ['setpriv', '--no-new-privs', ...shell.argv] };
}

/** A keeper by bash's job control: fastest. Null when there is no bash 5 at this path. */
export function bashKeeper(path: string): KeeperShell | null {
  const probe = spawnSync(path, ['-c', '((BASH_VERSINFO[0] >= 5))'], { env: {}, timeout: probeMs });
  if (probe.status !== 0) return null;
  return {
    argv: [path, '--norc', '--noprofile', '-c'],
    script: script({ clean: bashClean, setup: 'set -mf', wait: bashWait, mark: bashMark }),
    hookScript: `${bashClean}\n. "$1"`,
    words: `bash job control (${path})`,
  };
}

/**
 * A keeper by any POSIX shell and `setsid`: one exec more per attempt, and jobs begin with
 * SIGINT and SIGQUIT ignored. Null where there is no setsid or no /proc.
 */
export function setsidKeeper(): KeeperShell | null {
  const setsid = spawnSync('/bin/sh', ['-c', 'command -v setsid'], { timeout: probeMs });
  if (!hasProc || setsid.status !== 0) return null;
  const setup = `set -f; ${launcherVariable}=${setsid.stdout.toString().trim()}`;
  return {
    argv: ['/bin/sh', '-c'],
    script: script({ clean: shClean, setup, wait: shWait, mark: shMark }),
    hookScript: `${shClean}\n. "$1"`,
    words: 'sh with setsid: jobs ignore SIGINT and SIGQUIT; install bash 5 for full speed',
  };
}

function hasSetpriv(): boolean {
  return spawnSync('setpriv', ['--no-new-privs', 'true'], { timeout: probeMs }).status === 0;
}

// exec sets and exports SHLVL whatever one does; arrays are never exported.
const bashClean = 'export -n PWD OLDPWD _; unset SHLVL; declare -a SHLVL';
const shClean = 'unset PWD OLDPWD';

const bashMark = 'set -- "pid $BASHPID boot $boot at $EPOCHREALTIME"';

// A plain shell knows its own pid only from /proc.
const shMark = `read -r stat </proc/self/stat || exit 125
  set -- "pid \${stat%% *} boot $boot"
  ${shClean}`;

const bashWait = `
  wait $pid; status=$?
  if [[ $status -gt 128 ]]; then
    notice
    case $line in *Stopped*) wait -f $pid; status=$?; notice;; esac
  fi`;

// Without job control nothing is announced; `jobs` tells.
const shWait = `
  wait $pid; status=$?
  if [ $status -gt 128 ]; then
    jobs >&2
    notice
    case $line in *"Done($status)"*) line=" Exit $status";; esac
  fi`;

function script(shell: {
  readonly clean: string;
  readonly setup: string;
  readonly wait: string;
  /** Sets $1 to what the process knows of itself. */
  readonly mark: string;
}): string {
  return `${shell.setup}
umask 022
${shell.clean}
exec 9>/dev/null
base=$1 boot=$2
job() {
  ${shell.mark}
  set -C
  echo "$1" >../process || exit 125
  set +C
  . ../command
}
notice() {
  line=
  while IFS= read -r next; do line=$next; done <&3
}
signalname() {
  case $1 in
${signalCases()}
  *) name=SIG$1;;
  esac
}
cd "$base" 2>&9 || { echo unreachable; exit 1; }
echo ready
while IFS= read -r id; do
  cd "$base/$id/work" 2>&9 || { echo "$id 0 refused 0"; continue; }
  job </dev/null >>../stdout 2>>../stderr 3<&- 9>&- &
  pid=$!${shell.wait}
  kill -KILL -- -$pid 2>&9
  how=exit name=$status
  if [ $status -gt 128 ]; then
    case $line in ''|*' Exit '*) ;; *) how=signal; signalname $((status - 128));; esac
  fi
  echo "$how $name" >>"$base/$id/process"
  echo "$id $pid $how $name"
done
`;
}

function signalCases(): string {
  const names = new Map<number, string>();
  // The first name of a number is the usual one (SIGABRT before SIGIOT).
  for (const [name, number] of Object.entries(os.constants.signals)) {
    if (!names.has(number)) names.set(number, name);
  }
  return [...names].map(([number, name]) => `  ${number}) name=${name};;`).join('\n');
}

import type { RuntimeKind } from '../contract.ts';

/** What every start script is made of. */
export interface ScriptOptions {
  readonly via: RuntimeKind;
}

/** A word that the shell takes as it is. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Shell words of a template on one line: a line break would end the command in the middle. */
export function oneLine(words: string): string {
  return words.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim();
}

/**
 * A POSIX shell script. `$start` is the folder it lies in; `fail` ends it with words.
 * `package_path` (sae.md §4.3.3) comes from the environment.
 */
export function script(title: string, lines: readonly string[]): string {
  return `${[
    '#!/bin/sh',
    `# ${title}`,
    'start=${0%/*}',
    'fail() { echo "$1" >&2; exit "${2:-1}"; }',
    ...lines,
  ].join('\n')}\n`;
}

/** `$base`: a writable folder of this attempt. On the host the working directory is one. */
export function baseFolder({ via }: ScriptOptions): readonly string[] {
  if (via === 'folder') return ['base=$PWD'];
  return [
    'base=/home/admin',
    '{ mkdir -p "$base" && [ -w "$base" ]; } 2>/dev/null || base=$(mktemp -d) || fail "there is no writable folder for the package"',
  ];
}

/** A private copy of the package in `folder` (a shell word), which the job may write to. */
export function copyOfPackage(folder: string): readonly string[] {
  return [
    `mkdir -p ${folder} && cp -R "$package_path/." ${folder} && chmod -R u+w ${folder} || fail "the package could not be copied"`,
  ];
}

/** JAVA_HOME: given on the host; in an image its own, else that of the `java` on its PATH. */
export function javaHome({ via }: ScriptOptions): readonly string[] {
  if (via === 'folder') return [];
  return [
    'if [ -z "${JAVA_HOME:-}" ] || [ ! -x "$JAVA_HOME/bin/java" ]; then',
    '  java=$(command -v java) || fail "the image of this runtime has no java on its PATH" 127',
    '  java=$(readlink -f "$java")',
    '  JAVA_HOME=${java%/bin/java}',
    'fi',
    'export JAVA_HOME',
  ];
}

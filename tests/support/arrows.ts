import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** One folder (or file) under `src/` and what it may import. Paths are relative to `src/`. */
export interface Room {
  readonly path: string;
  /** Folders or files of ours it may import; its own room is always allowed. */
  readonly may: readonly string[];
  /** Rooms of which it may import types only (`import type`). */
  readonly mayTypes?: readonly string[];
  /** Packages from npm it may import; absent = any. */
  readonly packages?: readonly string[];
  /** Node's own modules it may not import. */
  readonly notBuiltins?: readonly string[];
}

/** Source text by path relative to `src/`. */
export type Sources = ReadonlyMap<string, string>;

/** One import as written. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

// Static imports and re-exports start a line (oxfmt keeps it so); dynamic ones may stand anywhere.
const staticImport =
  /^(?:import\s*|(?:import|export)\b(?<clause>[\s\w$*,{}]*?)\bfrom\s*)(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/gm;
const dynamicImport = /\bimport\(\s*(['"])(?<specifier>[^'"\n]+)\1\s*[,)]/g;
const commentLine = /^\s*(?:\*|\/\/|\/\*)/;

/** Every import of a module: static, re-export, side effect, dynamic, and types' `import('…')`. */
export function importsOf(source: string): readonly Import[] {
  const found: Import[] = [];
  for (const match of source.matchAll(staticImport)) {
    const { clause = '', specifier = '' } = match.groups ?? {};
    found.push({
      specifier,
      typeOnly: /^\s+type\s/.test(clause),
      line: lineAt(source, match.index),
    });
  }
  for (const match of source.matchAll(dynamicImport)) {
    const lineStart = source.lastIndexOf('\n', match.index) + 1;
    if (commentLine.test(source.slice(lineStart))) continue;
    const specifier = match.groups?.['specifier'] ?? '';
    found.push({ specifier, typeOnly: false, line: lineAt(source, match.index) });
  }
  return found;
}

/** Reads the named files. */
export function readSources(root: string, paths: readonly string[]): Sources {
  return new Map(paths.map((path) => [path, readFileSync(posix.join(root, path), 'utf8')]));
}

/** Every import that the table does not allow, one sentence each. */
export function forbiddenArrows(sources: Sources, rooms: readonly Room[]): readonly string[] {
  const problems: string[] = [];
  for (const [path, source] of sources) {
    const room = roomOf(path, rooms);
    if (room === null) {
      problems.push(`src/${path} is in no folder of the table; add the folder or move the file`);
      continue;
    }
    for (const imported of importsOf(source)) {
      const problem = judge(path, imported, room, sources, rooms);
      if (problem !== null) problems.push(`src/${path}:${imported.line} ${problem}`);
    }
  }
  return problems;
}

/** Groups of files that import each other in a circle, each as one sentence. */
export function importCycles(sources: Sources): readonly string[] {
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const cycles: string[] = [];
  const visit = (path: string): void => {
    state.set(path, 'open');
    trail.push(path);
    for (const { specifier } of importsOf(sources.get(path) ?? '')) {
      if (!specifier.startsWith('.')) continue;
      const target = resolve(path, specifier);
      if (!sources.has(target)) continue;
      if (state.get(target) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(target)), target].join(' -> '));
      } else if (!state.has(target)) visit(target);
    }
    trail.pop();
    state.set(path, 'done');
  };
  for (const path of sources.keys()) if (!state.has(path)) visit(path);
  return cycles;
}

function judge(
  path: string,
  { specifier, typeOnly }: Import,
  room: Room,
  sources: Sources,
  rooms: readonly Room[],
): string | null {
  if (specifier.startsWith('node:')) return judgeBuiltin(specifier, room);
  if (!specifier.startsWith('.')) {
    const name = packageName(specifier);
    const fits = room.packages === undefined || room.packages.includes(name);
    return fits ? null : `imports the package ${name}, which ${room.path} may not`;
  }
  const target = resolve(path, specifier);
  if (target.startsWith('..')) {
    // The version in package.json is the one thing outside src/ that the program reads.
    return target === '../package.json' ? null : `imports ${specifier}, which is outside src/`;
  }
  if (!sources.has(target)) return `imports ${specifier}, which is not a source file`;
  const targetRoom = roomOf(target, rooms);
  if (targetRoom === room) return null;
  if (allows(room.may, target)) return null;
  if (typeOnly && allows(room.mayTypes ?? [], target)) return null;
  return `imports ${target}, but ${room.path} may import ${describe(room)}`;
}

function judgeBuiltin(specifier: string, room: Room): string | null {
  if (/^node:test\b/.test(specifier)) return `imports ${specifier}: tests live in tests/`;
  const denied = (room.notBuiltins ?? []).includes(specifier);
  return denied ? `imports ${specifier}, which ${room.path} may not` : null;
}

function describe(room: Room): string {
  const types = (room.mayTypes ?? []).map((path) => `types of ${path}`);
  const all = [...room.may, ...types];
  return all.length === 0 ? 'nothing of ours' : `only ${all.join(', ')}`;
}

/** The innermost room that holds the file. */
function roomOf(path: string, rooms: readonly Room[]): Room | null {
  const holding = rooms.filter((room) => allows([room.path], path));
  return holding.toSorted((a, b) => b.path.length - a.path.length)[0] ?? null;
}

/** An entry allows itself when it is a file, and everything below when it is a folder. */
function allows(entries: readonly string[], path: string): boolean {
  return entries.some((entry) => path === entry || path.startsWith(`${entry}/`));
}

function resolve(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function lineAt(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}

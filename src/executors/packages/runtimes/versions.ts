import type { DetectedRuntime, RuntimeFamily } from './runtime.ts';

/**
 * The numbers of a version. Old ones of Java begin with `1.`: 1.8.0_191, 8u191 and 8.0.191 are one.
 */
export function versionParts(text: string, family: RuntimeFamily): readonly number[] {
  const plain = family === 'java' ? text.replace(/^(\d+)u/, '$1.0.').replace(/^1\./, '') : text;
  return (/\d+(?:[._]\d+)*/.exec(plain)?.[0] ?? '').split(/[._]/).filter(Boolean).map(Number);
}

/** The version that the name of a runtime asks for (sae.md §4.1); empty = any. */
export function askedParts(name: string, family: RuntimeFamily): readonly number[] {
  // The first number: `openjdk-8u191-jdk-alpine3.9` asks for 8u191.
  return versionParts(/\d[\d._u]*/.exec(name)?.[0] ?? '', family);
}

/** Whether a runtime is exactly what a name asks for: its numbers begin with those of the name. */
export function isExactly(name: string, runtime: DetectedRuntime): boolean {
  const asked = askedParts(name, runtime.family);
  const has = versionParts(runtime.version, runtime.family);
  const otherMaker = /dragonwell/i.test(name) && runtime.product !== 'Dragonwell';
  return !otherMaker && asked.every((part, at) => has[at] === part);
}

/**
 * The runtime that comes nearest to what a name asks for: exactly it, else of the same line (as
 * many first numbers in common as any has), and there the lowest above it, else the highest below.
 * Null when there is none.
 */
export function nearest(
  name: string,
  runtimes: readonly DetectedRuntime[],
): DetectedRuntime | null {
  const exact = runtimes.find((runtime) => isExactly(name, runtime));
  if (exact !== undefined) return exact;
  const inCommon = (runtime: DetectedRuntime): number => {
    const has = partsOf(runtime);
    const differs = askedParts(name, runtime.family).findIndex((part, at) => has[at] !== part);
    return differs === -1 ? Infinity : differs;
  };
  const most = Math.max(...runtimes.map(inCommon));
  const line = runtimes.filter((runtime) => inCommon(runtime) === most).toSorted(byVersion);
  const above = line.find(
    (runtime) => compare(partsOf(runtime), askedParts(name, runtime.family)) >= 0,
  );
  return above ?? line.at(-1) ?? null;
}

function byVersion(one: DetectedRuntime, other: DetectedRuntime): number {
  return compare(partsOf(one), partsOf(other));
}

function partsOf(runtime: DetectedRuntime): readonly number[] {
  return versionParts(runtime.version, runtime.family);
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

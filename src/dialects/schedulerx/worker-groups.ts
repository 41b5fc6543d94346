import { timingSafeEqual } from 'node:crypto';
import type { Engine, WorkerGroup, WorkerGroups } from '../../engine/index.ts';
import { appKeyOf, groupsOf, type AppGroup } from './groups.ts';

/** How long a list of the applications is believed: workers prove themselves every few seconds. */
const cacheTtlMs = 2_000;

/** An application with the key in clear. */
interface KnownGroup extends WorkerGroup {
  readonly key: string;
}

/**
 * Who may register as a worker: the applications, by GroupId or AppName, with their AppKey
 * (workers.md §1.9). Changes are seen within two seconds.
 * @param unseal opens an AppKey.
 */
export function createWorkerGroups(
  engine: Pick<Engine, 'documents'>,
  unseal: (sealed: string, purpose: string) => string,
  nowMs: () => number = Date.now,
): WorkerGroups {
  let known: { readonly untilMs: number; readonly groups: Promise<readonly KnownGroup[]> } | null =
    null;

  const read = async (): Promise<readonly KnownGroup[]> => {
    const groups = await groupsOf({ context: { engine } });
    return groups.flatMap((group) => {
      const key = openedKey(group, unseal);
      return key === null ? [] : [{ ...workerGroupOf(group), key }];
    });
  };

  const groups = (): Promise<readonly KnownGroup[]> => {
    const now = nowMs();
    if (known === null || now >= known.untilMs || known.untilMs - now > cacheTtlMs) {
      const fresh = { untilMs: now + cacheTtlMs, groups: read() };
      known = fresh;
      fresh.groups.catch(() => {
        // The next caller asks again.
        if (known === fresh) known = null;
      });
    }
    return known.groups;
  };

  return {
    async authenticate(name, namespace, key) {
      const inReach = (await groups()).filter(
        (group) => namespace === null || namespace === group.namespace,
      );
      const named = inReach.filter((group) => group.name === name);
      // A GroupId that is there is meant, also when another application has it for its name.
      const candidates =
        named.length > 0
          ? named
          : inReach.filter((group) => group.alias !== '' && group.alias === name);
      if (candidates.length === 0) return 'unknown-group';
      const found = candidates.find((group) => equalText(group.key, key));
      return found === undefined ? 'wrong-key' : withoutKey(found);
    },
    async byNumber(number) {
      const found = (await groups()).find((group) => group.number === number);
      return found === undefined ? null : withoutKey(found);
    },
  };
}

function workerGroupOf(group: AppGroup): WorkerGroup {
  return {
    number: group.number,
    name: group.groupId,
    alias: group.appName,
    namespace: group.namespace,
  };
}

function withoutKey({ number, name, alias, namespace }: KnownGroup): WorkerGroup {
  return { number, name, alias, namespace };
}

/** Null for a key that was sealed with another master key: nobody can prove to have it. */
function openedKey(
  group: AppGroup,
  unseal: (sealed: string, purpose: string) => string,
): string | null {
  try {
    return appKeyOf({ context: { unseal } }, group);
  } catch {
    return null;
  }
}

function equalText(expected: string, given: string): boolean {
  const left = Buffer.from(expected, 'utf8');
  const right = Buffer.from(given, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

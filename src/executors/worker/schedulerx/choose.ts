import type { AttemptStart } from '../../../ports/executor.ts';
import { eligible, fractionOf, pinned } from '../routing.ts';
import type { Choice } from './attempt.ts';
import { maxSpreadWorkers, maxTurns } from './limits.ts';
import { words } from './outcome.ts';
import type { Member, Registry } from './registry.ts';
import { isSpread } from './submission.ts';

/** Chooses masters: designation and routes first, then each live worker in turn (workers.md §4). */
export class Chooser {
  readonly #registry: Registry;
  /** How often a master was chosen, by group. */
  readonly #turns = new Map<number, number>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Whom an attempt goes to; a text when there is nobody: why, and what to do. */
  choose({ attemptId, spec }: AttemptStart): Choice | string {
    const { artifact } = spec.task;
    if (artifact.kind !== 'worker') return 'it is no job for workers';
    const { group, mode, designated } = artifact;
    const live = this.#registry
      .members(group)
      .filter(({ online, connection }) => online && connection.open);
    if (live.length === 0) {
      return `${words.noWorker}: no SchedulerX worker is registered in group ${group}; start one with its GroupId and AppKey`;
    }
    const routable = live.map((member) => ({ ...member.info, member }));
    const fit = (
      mode === 'broadcast'
        ? pinned(routable, designated)
        : eligible(routable, artifact, fractionOf(attemptId))
    ).map(({ member }) => member);
    if (fit.length === 0) {
      const names = (designated?.values ?? []).slice(0, 5).join(', ');
      return `${words.noWorker}: none of the designated workers is registered (${names})`;
    }
    if (artifact.avoidsBusy === true && fit.every(({ info }) => info.busy !== 'free')) {
      const reasons = [...new Set(fit.map(({ info }) => info.busy))].join(', ');
      return `${words.allBusy} (${reasons}): relieve them, start another, or let the application use busy workers (ScheduleBusyWorkers)`;
    }
    if (!isSpread(artifact)) {
      const master = this.#next(group, fit);
      return { master, workers: [master] };
    }
    // Workers take addresses apart at their colons, and end when there are too many.
    const reachable = fit.filter(({ info }) => !info.ip.includes(':'));
    if (reachable.length === 0) {
      return `${words.noWorker}: ${mode} needs workers that connect over IPv4; these connect over IPv6`;
    }
    if (mode === 'broadcast' && reachable.length > maxSpreadWorkers) {
      return `the broadcast would go to ${reachable.length} workers, more than ${maxSpreadWorkers}; designate fewer`;
    }
    const master = this.#next(group, reachable);
    const others = reachable.filter((member) => member !== master);
    return { master, workers: [master, ...others].slice(0, maxSpreadWorkers) };
  }

  /** Whose turn it is; the busy ones only when all are. */
  #next(group: number, members: readonly Member[]): Member {
    const free = members.filter(({ info }) => info.busy === 'free');
    const from = free.length > 0 ? free : members;
    const turn = this.#turns.get(group) ?? 0;
    if (this.#turns.size >= maxTurns) this.#turns.clear();
    this.#turns.set(group, turn + 1);
    const chosen = from[turn % from.length];
    if (chosen === undefined) throw new Error('a master was to be chosen from nobody');
    return chosen;
  }
}

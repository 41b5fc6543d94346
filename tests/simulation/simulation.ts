import { createAccess } from '../../src/engine/access.ts';
import { Clients } from './clients.ts';
import { Cluster } from './cluster.ts';
import { type Mutation, SimulatedDatabase } from './database.ts';
import { liveOf } from './records-keeper.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { CALL_TIMEOUT_MS, MAX_LATE_MS } from './store-view.ts';
import { type Failure, World } from './world.ts';

/** Longest virtual time from the healing of the world until everything accepted has ended. */
const SETTLE_MS = 400_000;
/** Time for a healed world to claim everything that there is room for. */
const PROBE_MS = 8_000;
/** Time for a healed world to stop what was deleted, and to erase it. */
const ERASE_MS = 10_000;
/** Longest sleep of the engine: what is due is looked at again at least this often. */
const LOOK_AGAIN_MS = 31_000;

export interface SimulationOptions {
  /** Breaks the store on purpose. */
  readonly mutation?: Mutation;
  /** Hears every line of what happens. */
  readonly listener?: (line: string) => void;
  /** Changes the world that the seed would make. */
  readonly scenario?: Partial<Scenario>;
}

/** What became of one seed. */
export interface SimulationResult {
  readonly seed: number;
  readonly events: number;
  /** Equal for equal histories. */
  readonly fingerprint: string;
  /** Null = every invariant held. `report` has the whole story in words. */
  readonly failure: (Failure & { readonly report: string }) | null;
}

/** Lives through the world of one seed and holds it to the invariants. */
export async function simulate(
  seed: number,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  const scenario: Scenario = { ...scenarioOf(seed), ...options.scenario };
  const { unfinishedRuns, runLimit } = scenario;
  const mutation = options.mutation ?? null;
  const database = await SimulatedDatabase.open({ unfinishedRuns }, mutation, runLimit);
  const access = await createAccess({
    store: database.store,
    masterKey: new Uint8Array(32),
    clock: { nowMs: () => 0 },
    randomBytes: (length) => new Uint8Array(length),
  });
  const world = new World(scenario, database, access, options.listener ?? null);
  const unhandled = (error: unknown): void => {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    world.fail('defect', `nobody handled a rejection: ${words}`);
  };
  process.on('unhandledRejection', unhandled);
  try {
    await live(world);
  } finally {
    process.off('unhandledRejection', unhandled);
    database.close();
  }
  const { failure, events, trace } = world;
  return {
    seed,
    events,
    fingerprint: trace.fingerprint(),
    failure: failure === null ? null : { ...failure, report: reportOf(world, failure) },
  };
}

async function live(world: World): Promise<void> {
  const cluster = new Cluster(world);
  const clients = new Clients(world, cluster);
  cluster.begin();
  clients.begin();
  await world.pass(world.scenario.durationMs + 500);
  cluster.heal();
  // What was asked before is answered late even now, and may cost a server its lease.
  const { late } = world.scenario.trouble;
  await world.pass((late > 0 ? MAX_LATE_MS : CALL_TIMEOUT_MS) + world.scenario.leaseTtlMs);
  await world.pass(60_000, () => cluster.allServe() && !clients.busy);
  if (!cluster.allServe()) world.fail('liveness', 'a server does not start in a healed world');
  clients.resumeAll();
  await world.pass(60_000, () => !clients.busy);
  await schedulesCatchUp(world, cluster);
  clients.endSchedules();
  await world.pass(60_000, () => !clients.busy);
  await everythingEnds(world);
  world.ledger.settle(world.rules.records);
  await allRoomIsFree(world, cluster, clients);
  await everythingIsErased(world, clients);
}

/** Nothing that has come due is still waiting once every server has had time to look. */
async function schedulesCatchUp(world: World, cluster: Cluster): Promise<void> {
  const { rules, scenario } = world;
  if (!scenario.schedules) return;
  // Servers agree on the time now.
  const nowMs = (): number => cluster.hosts[0]?.nowMs() ?? world.nowMs();
  const late = (): readonly string[] =>
    rules.schedules.overdue(rules.records.templates.values(), dueMs);
  const dueMs = nowMs();
  await world.pass(LOOK_AGAIN_MS, () => late().length === 0);
  const [first] = late();
  if (first !== undefined) world.fail('firing', `not fired in a healed world: ${first}`);
}

async function everythingEnds(world: World): Promise<void> {
  const { records } = world.rules;
  await world.pass(SETTLE_MS, () => records.unfinished.size === 0);
  for (const run of records.unfinished) {
    const alive = liveOf(run).map(({ id, state, fence }) => `${id} ${state} of ${fence}`);
    const hold = run.hold === null ? '' : `, held: ${run.hold}`;
    world.fail('liveness', `run ${run.id} stays ${run.state}${hold} [${alive.join(', ')}]`);
  }
}

/** Nothing takes up room that is not there: one run can use all of it at the same time. */
async function allRoomIsFree(world: World, cluster: Cluster, clients: Clients): Promise<void> {
  const room = world.scenario.maxConcurrent * cluster.hosts.length;
  const probed = (): boolean => world.reality.running('probe-') === room;
  clients.takeAllRoom(room, 'probe-');
  await world.pass(PROBE_MS, probed);
  if (!probed()) {
    const running = world.reality.running('probe-');
    world.fail('liveness', `only ${running} attempts run where there is room for ${room}`);
  }
}

/** What was deleted is erased once nothing of it runs. */
async function everythingIsErased(world: World, clients: Clients): Promise<void> {
  clients.deleteAll();
  const left = (): number =>
    world.database.count(
      'select (select count(*) from runs where deleted_at is not null) + (select count(*) from templates where deleted_at is not null)',
    );
  await world.pass(60_000, () => !clients.busy);
  await world.pass(ERASE_MS, () => left() === 0);
  if (world.failure === null && left() > 0) {
    world.fail('liveness', `${left()} deleted rows are not erased`);
  }
}

function reportOf(world: World, failure: Failure): string {
  const { seed } = world.scenario;
  return [
    `seed ${seed}, event ${world.events}: ${failure.invariant}: ${failure.message}`,
    `world: ${JSON.stringify(world.scenario)}`,
    'what happened last:',
    ...world.trace.last(),
    `replay: npm run simulate -- --seed ${seed} --trace`,
  ].join('\n');
}

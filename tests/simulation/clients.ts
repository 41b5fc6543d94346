import { DomainError } from '../../src/domain/errors.ts';
import { type ScheduleDefinition, scheduleDefaults } from '../../src/domain/schedule/definition.ts';
import type { JobSpec, TemplateRevision } from '../../src/domain/template.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { Cluster } from './cluster.ts';
import { baseSpec, naming, revisionOf } from './specs.ts';
import type { World } from './world.ts';

/** How long a client waits for an answer, and how often it asks again. */
const CLIENT_TIMEOUT_MS = 4_000;
const MAX_TRIES = 4;

/** Settles like the call, or fails when no server can be reached or none answers in time. */
type Answer<T> = { readonly value: T } | { readonly error: unknown };

/** Clients that create, change, start, stop and delete at random, at whichever server answers. */
export class Clients {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #templates: string[] = [];
  readonly #runs: string[] = [];
  readonly #keys: string[] = [];
  #busy = 0;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
  }

  /** Whether an operation is under way. */
  get busy(): boolean {
    return this.#busy > 0;
  }

  /** Plans the operations of the scenario. */
  begin(): void {
    const { random, timeline, scenario } = this.#world;
    timeline.after(600, () => this.#run(() => this.#create()));
    for (let count = 0; count < scenario.operations; count += 1) {
      timeline.after(random.int(700, scenario.durationMs), () =>
        this.#run(() => this.#something()),
      );
    }
  }

  /** Lets suspended templates go on; also those whose creator was never answered. */
  resumeAll(): void {
    for (const id of this.#stored()) this.#run(() => this.#suspend(id, false));
  }

  /** Takes every template's schedule away. */
  endSchedules(): void {
    for (const id of this.#stored()) {
      this.#run(async () => {
        await this.#ask('unschedule', (engine) =>
          engine.templates.update(id, 'native', (now) => ({ ...now, schedule: null }), 'client'),
        );
      });
    }
  }

  /** A run that takes all the room there is; `prefix` becomes the start of its id. */
  takeAllRoom(replicas: number, prefix: string): void {
    this.#run(async () => {
      const task = { ...baseSpec.task, argv: ['long'] };
      const spec: JobSpec = { ...baseSpec, task, replicas };
      const created = await this.#ask('create', (engine) =>
        engine.templates.create({ ...naming, name: 'probe', ...revisionOf(spec, null) }, 'client'),
      );
      if ('value' in created) await this.#exec(created.value.template.id, prefix);
    });
  }

  /** Deletes every template. */
  deleteAll(): void {
    for (const id of this.#stored()) this.#run(() => this.#deleteTemplate(id));
  }

  #stored(): readonly string[] {
    const templates = [...this.#world.rules.records.templates.values()];
    return templates.filter(({ deleted }) => !deleted).map(({ id }) => id);
  }

  #run(operation: () => Promise<void>): void {
    this.#busy += 1;
    operation()
      .catch((error: unknown) => {
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#world.fail('defect', `a client failed: ${words}`);
      })
      .finally(() => {
        this.#busy -= 1;
      });
  }

  #something(): Promise<void> {
    const { random } = this.#world;
    const template = this.#templates.length > 0 ? random.pick(this.#templates) : null;
    const run = this.#runs.length > 0 ? random.pick(this.#runs) : null;
    if (template === null) return this.#create();
    const what = random.weighted({
      exec: 10,
      create: 2,
      update: 2,
      suspend: 1,
      resume: 2,
      stop: 2,
      read: 3,
      deleteRun: 1,
      deleteTemplate: 0.4,
    });
    if (what === 'exec') return this.#exec(template, 'manual-');
    if (what === 'create') return this.#create();
    if (what === 'update') return this.#update(template);
    if (what === 'suspend' || what === 'resume') return this.#suspend(template, what === 'suspend');
    if (what === 'deleteTemplate') return this.#deleteTemplate(template);
    if (run === null) return this.#exec(template, 'manual-');
    if (what === 'stop') return this.#stop(run);
    if (what === 'deleteRun') return this.#deleteRun(run);
    return this.#read(run);
  }

  async #create(): Promise<void> {
    const revision = this.#revision();
    const created = await this.#ask('create', (engine) =>
      engine.templates.create({ ...naming, name: 'job', ...revision }, 'client'),
    );
    if ('value' in created) this.#templates.push(created.value.template.id);
  }

  async #update(id: string): Promise<void> {
    const revision = this.#revision();
    await this.#ask('update', (engine) =>
      engine.templates.update(id, 'native', () => revision, 'client'),
    );
  }

  async #suspend(id: string, suspended: boolean): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const answer = await this.#ask(suspended ? 'suspend' : 'resume', (engine) =>
        engine.templates.setSuspended(id, 'native', suspended, 'client'),
      );
      if ('value' in answer || answer.error instanceof DomainError) return;
    }
  }

  /** With a key it asks again after an error, perhaps at another server, and means the same run. */
  async #exec(templateId: string, idPrefix: string): Promise<void> {
    const { random, ledger, rules } = this.#world;
    const keyed = random.chance(0.6);
    const old = keyed && this.#keys.length > 0 && random.chance(0.2);
    const key = keyed ? (old ? random.pick(this.#keys) : this.#world.id('key-')) : null;
    if (key !== null && !old) this.#keys.push(key);
    const delayMs = random.chance(0.2) ? random.int(500, 6_000) : null;
    for (let tries = 0; tries < (key === null ? 1 : MAX_TRIES); tries += 1) {
      const by = this.#world.id('call-');
      ledger.wishes(by);
      const answer = await this.#ask(`exec ${key ?? ''} by ${by}`, (engine, nowMs) =>
        engine.runs.submit({
          templateId,
          dialect: 'native',
          trigger: 'manual',
          idPrefix,
          idSuffix: '',
          idempotencyKey: key,
          notBeforeMs: delayMs === null ? null : nowMs + delayMs,
          by,
          override: null,
        }),
      );
      if ('value' in answer) {
        const { run } = answer.value;
        ledger.acknowledged(run, rules.records);
        this.#runs.push(run.id);
        return;
      }
      if (answer.error instanceof DomainError) return;
    }
  }

  async #stop(runId: string): Promise<void> {
    await this.#ask(`stop ${runId}`, (engine) => engine.runs.stop(runId, 'client'));
  }

  async #read(runId: string): Promise<void> {
    const answer = await this.#ask('read', (engine) => engine.runs.get(runId));
    if ('value' in answer && answer.value !== null) this.#world.ledger.seen(answer.value);
  }

  async #deleteRun(runId: string): Promise<void> {
    this.#world.ledger.asksDeletion(runId);
    await this.#ask(`delete ${runId}`, (engine) => engine.runs.delete(runId, 'client'));
  }

  async #deleteTemplate(id: string): Promise<void> {
    this.#world.ledger.asksDeletion(id);
    await this.#ask(`delete ${id}`, (engine) => engine.templates.delete(id, 'native', 'client'));
  }

  /** Asks one server, over a network that is quick; the server may die before it answers. */
  #ask<T>(what: string, call: (engine: Engine, nowMs: number) => Promise<T>): Promise<Answer<T>> {
    const { random, timeline, trace } = this.#world;
    return new Promise((resolve) => {
      const serving = this.#cluster.serving();
      const failLater = (delayMs: number, words: string): void => {
        timeline.after(delayMs, () => resolve({ error: new Error(words) }));
      };
      if (serving.length === 0) {
        failLater(random.int(200, 1_000), 'no server is reachable');
        return;
      }
      const life = random.pick(serving);
      failLater(CLIENT_TIMEOUT_MS, 'no answer in time');
      const forget = life.onDeath(() => failLater(1, 'the connection broke'));
      const answered = (answer: Answer<T>): void => {
        // The answer leaves the server: a dead one sends none.
        life.calls(() => {
          const words = 'error' in answer ? String(answer.error) : 'ok';
          timeline.after(random.int(0, 2), () => {
            forget();
            trace.add('client', `${what} at ${life.name}: ${words}`);
            resolve(answer);
          });
        });
      };
      life.deliver(random.int(0, 2), () => {
        call(life.running.engine, life.host.nowMs()).then(
          (value) => answered({ value }),
          (error: unknown) => answered({ error }),
        );
      });
    });
  }

  #revision(): TemplateRevision {
    const { random, scenario } = this.#world;
    const spec: JobSpec = {
      ...baseSpec,
      task: { ...baseSpec.task, argv: [random.chance(0.03) ? 'impossible' : 'script'] },
      replicas: random.pick([1, 1, 2, 3]),
      concurrency: random.pick(['allow', 'forbid', 'replace'] as const),
      retry: {
        limit: random.int(0, 2),
        backoffMs: random.int(100, 1_000),
        backoffMaxMs: 2_000,
      },
      timeoutMs: random.chance(0.3) ? random.int(500, 5_000) : null,
      graceMs: random.int(100, 1_500),
    };
    return revisionOf(
      { ...spec, priority: spec.replicas },
      scenario.schedules && random.chance(0.6) ? this.#schedule() : null,
    );
  }

  #schedule(): ScheduleDefinition {
    const { random } = this.#world;
    const nowMs = this.#world.nowMs();
    return {
      ...scheduleDefaults,
      timing: random.pick([
        { kind: 'cron', expression: `*/${random.pick([2, 3, 5, 10])} * * * * *` },
        { kind: 'cron', expression: '* * * * *' },
        { kind: 'fixed-rate', everyMs: random.int(1, 8) * 1_000, anchorMs: nowMs },
        { kind: 'fixed-delay', delayMs: random.int(1, 4) * 1_000 },
        { kind: 'one-time', atMs: nowMs + random.int(0, 10_000) },
      ] as const),
      misfire: random.pick([
        { policy: 'skip' },
        { policy: 'one' },
        { policy: 'all', windowMs: 3_600_000, maxCatchUp: 4 },
      ] as const),
      graceMs: random.pick([0, 1_000, 60_000]),
    };
  }
}

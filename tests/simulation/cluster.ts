import { DatabaseQueue } from './connection.ts';
import { Host } from './host.ts';
import { ServerLife } from './server-life.ts';
import { calm } from './scenario.ts';
import type { World } from './world.ts';

/** The servers of a world: one machine each, one life at a time, and what befalls them. */
export class Cluster {
  readonly hosts: readonly Host[];
  readonly #world: World;
  readonly #queue: DatabaseQueue;
  readonly #lives = new Map<Host, ServerLife>();
  #healed = false;
  /** How far ahead any clock has ever been. */
  #mostAheadMs = 0;

  constructor(world: World) {
    this.#world = world;
    this.#queue = new DatabaseQueue(world);
    this.hosts = Array.from(
      { length: world.scenario.servers },
      (_, index) => new Host(world, `host-${index + 1}`),
    );
  }

  /** Starts every server and plans what will befall them. */
  begin(): void {
    const { random, timeline, scenario } = this.#world;
    for (const host of this.hosts) {
      timeline.after(random.int(0, 500), () => this.#boot(host));
    }
    const troubles: (() => void)[] = [];
    if (scenario.freezes) troubles.push(() => this.#freezeOne());
    if (scenario.clockStepMs > 0)
      troubles.push(
        () => this.#stepOne(),
        () => this.#stepOne(),
      );
    if (scenario.partitions) troubles.push(() => this.#cutOffOne());
    if (scenario.reboots) troubles.push(() => this.#rebootOne());
    if (scenario.trouble.crashes > 0) troubles.push(() => this.#endOne());
    for (const trouble of troubles) {
      timeline.after(random.int(1_000, scenario.durationMs), () => {
        if (!this.#healed) trouble();
      });
    }
  }

  /** Lives that serve clients. */
  serving(): readonly ServerLife[] {
    return [...this.#lives.values()].filter((life) => life.ready && life.alive);
  }

  /** Everything is well from now on: every server runs, no call fails, clocks agree. */
  heal(): void {
    const world = this.#world;
    world.trace.add('WORLD', 'heals');
    this.#healed = true;
    world.trouble = calm;
    for (const host of this.hosts) {
      // Not back: what was put off by a clock that was ahead must come due, too.
      host.clockAheadMs = this.#mostAheadMs;
      const life = this.#lives.get(host);
      life?.thaw();
      if (life !== undefined) life.cutOffUntilMs = 0;
      if (life === undefined || !life.alive) this.#boot(host);
    }
  }

  /** True once every server serves. */
  allServe(): boolean {
    return this.serving().length === this.hosts.length;
  }

  #boot(host: Host): void {
    if (this.#lives.get(host)?.alive === true) return;
    const life = new ServerLife(this.#world, host, this.#queue, this.#world.id('server-'), () =>
      this.#bootLater(host),
    );
    this.#lives.set(host, life);
    void life.begin();
  }

  #bootLater(host: Host): void {
    const { random, timeline, scenario } = this.#world;
    const delayMs = this.#healed
      ? 100
      : random.int(50, random.pick([500, 3 * scenario.leaseTtlMs]));
    timeline.after(delayMs, () => this.#boot(host));
  }

  #one(): ServerLife | undefined {
    const alive = [...this.#lives.values()].filter((life) => life.alive);
    return alive.length === 0 ? undefined : this.#world.random.pick(alive);
  }

  #freezeOne(): void {
    const { random, timeline, scenario } = this.#world;
    const life = this.#one();
    if (life === undefined) return;
    life.freeze();
    timeline.after(random.int(500, 3 * scenario.leaseTtlMs), () => life.thaw());
  }

  #stepOne(): void {
    const { random, scenario, trace } = this.#world;
    const host = random.pick(this.hosts);
    host.clockAheadMs += random.int(-scenario.clockStepMs, scenario.clockStepMs);
    this.#mostAheadMs = Math.max(this.#mostAheadMs, host.clockAheadMs);
    trace.add(host.name, `CLOCK is ${host.clockAheadMs} ms ahead`);
  }

  #cutOffOne(): void {
    const { random, timeline, scenario, trace } = this.#world;
    const life = this.#one();
    if (life === undefined) return;
    life.cutOffUntilMs = timeline.nowMs + random.int(500, 3 * scenario.leaseTtlMs);
    trace.add(life.name, 'LOSES its database');
  }

  #rebootOne(): void {
    const life = this.#one();
    if (life === undefined) return;
    life.host.reboot();
    life.crash('its machine reboots');
  }

  #endOne(): void {
    const { random } = this.#world;
    const life = this.#one();
    if (life === undefined) return;
    if (life.ready && random.chance(0.5)) void life.close();
    else life.crash('kill -9');
  }
}

/** Jobs that are deleted after a run (cdm.md §5.11). */
import type { Run } from '../../domain/run.ts';
import { isFinal } from '../../domain/states.ts';
import { type Job, jobOf } from './job-document.ts';
import type { CdmServices } from './services.ts';
import type { Disposal } from './translate/driver.ts';

/** How long a client can still read how the run ended. */
const hiddenMs = 60_000;
/** How often jobs are looked for that nobody asks about. */
const sweepMs = 30_000;
/** Most jobs that one sweep looks at. */
const sweepLimit = 1_000;

const kind = 'disposable';

/**
 * Whether a job's last run was its last: `hidden` at once, `gone` after the time in which its
 * status can still be read. `run`: its newest one, when that is known.
 */
export async function isDisposed(
  { context }: CdmServices,
  { template, document }: Job,
  since: 'hidden' | 'gone',
  run?: Run | null,
): Promise<boolean> {
  if (document.disposal === 'none') return false;
  const latest = run === undefined ? await context.engine.runs.latest(template.id) : run;
  if (latest === null || !isFinal('run', latest.state)) return false;
  if (document.disposal === 'after-success' && latest.state !== 'succeeded') return false;
  const endedAtMs = latest.endedAtMs ?? latest.createdAtMs;
  return since === 'hidden' || context.nowMs() >= endedAtMs + hiddenMs;
}

/** Notes that somebody must look after a job, or need not any more. */
export async function keepDisposable(
  services: CdmServices,
  clusterId: string,
  templateId: string,
  disposal: Disposal,
): Promise<void> {
  if (disposal === 'none') return forgetDisposable(services, templateId);
  const { context } = services;
  const name = { dialect: 'cdm', kind, key: templateId } as const;
  await context.engine.documents.changeDocument(name, context.nowMs(), () => ({
    parent: clusterId,
    value: {},
  }));
}

export async function forgetDisposable(
  { context }: CdmServices,
  templateId: string,
): Promise<void> {
  const name = { dialect: 'cdm', kind, key: templateId } as const;
  if ((await context.engine.documents.document(name)) === null) return;
  await context.engine.documents.changeDocument(name, context.nowMs(), () => null);
}

/** Deletes disposable jobs that nobody asks about. Harmless on several servers at once. */
export class DisposalSweep {
  readonly #services: CdmServices;
  readonly #remove: (job: Job) => Promise<void>;
  #timer: NodeJS.Timeout | null = null;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(services: CdmServices, remove: (job: Job) => Promise<void>) {
    this.#services = services;
    this.#remove = remove;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.sweep());
    }, sweepMs);
    this.#timer.unref();
  }

  /** One look at all of them; what goes wrong is logged. */
  async sweep(): Promise<void> {
    const { engine, log } = this.#services.context;
    try {
      const { rows } = await engine.documents.documents({
        dialect: 'cdm',
        kind,
        offset: 0,
        limit: sweepLimit,
      });
      for (const { key } of rows) {
        const template = await engine.templates.get(key, 'cdm');
        const job = template === null ? null : jobOf(template);
        // Without a template it may still be in the making: `hiddenMs` later it is not.
        if (job !== null && (await isDisposed(this.#services, job, 'gone')))
          await this.#remove(job);
      }
      for (const { key, createdAtMs } of rows) {
        const old = this.#services.context.nowMs() - createdAtMs > hiddenMs;
        if (old && (await engine.templates.get(key, 'cdm')) === null) {
          await forgetDisposable(this.#services, key);
        }
      }
    } catch (error) {
      log.error(
        { err: error },
        'jobs that are to be deleted after their run could not be looked at',
      );
    }
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#sweeping;
  }
}

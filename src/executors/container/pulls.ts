import type { EngineApi } from './api.ts';
import { EngineError, EngineUnreachable } from './client.ts';
import { parseImage } from './image-reference.ts';
import { registryAuth } from './registry-auth.ts';

/** A pull under way, with those who wait for it. */
interface Pull {
  readonly done: Promise<void>;
  readonly ended: AbortController;
  waiting: number;
}

/** Pulls images; those who want the same one with the same credentials at a time share one pull. */
export class Pulls {
  readonly #api: EngineApi;
  readonly #timeoutMs: number;
  readonly #pulls = new Map<string, Pull>();

  constructor(api: EngineApi, timeoutMs: number) {
    this.#api = api;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Resolves when the engine has the image. A pull that nobody waits for any more is broken off.
   * @throws Error that names the image and the reason; the reason of `signal` when that ends it.
   */
  async pull(image: string, registryConfig: string | null, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const reference = parseImage(image);
    const auth = registryConfig === null ? null : registryAuth(registryConfig, reference);
    const key = JSON.stringify([reference.name, reference.version, auth]);
    const pull = this.#pulls.get(key) ?? this.#begin(key, image, auth);
    pull.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await Promise.race([pull.done, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      pull.waiting -= 1;
      if (pull.waiting === 0) {
        // Whoever comes now begins anew instead of joining one that is broken off.
        if (this.#pulls.get(key) === pull) this.#pulls.delete(key);
        pull.ended.abort(new Error('nobody waits for it any more'));
      }
    }
  }

  #begin(key: string, image: string, auth: string | null): Pull {
    const ended = new AbortController();
    const { name, version } = parseImage(image);
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = AbortSignal.any([ended.signal, timeout]);
    const done = this.#api.pull(name, version, auth, signal).catch((error: unknown) => {
      if (timeout.aborted) {
        throw new Error(`the image ${image} could not be pulled within ${this.#timeoutMs} ms`);
      }
      const reason = error instanceof Error ? error.message : String(error);
      const known = error instanceof EngineError || error instanceof EngineUnreachable;
      const denied = known && /denied|unauthorized|authentication|credentials/i.test(reason);
      const hint = auth === null ? ' (none were given)' : ' (the given ones were not accepted)';
      throw new Error(
        `the image ${image} could not be pulled: ${reason}${denied ? `; check the credentials for its registry${hint}` : ''}`,
        { cause: error },
      );
    });
    // Everybody may have left before it fails.
    done.catch(() => undefined);
    const pull = { done, ended, waiting: 0 };
    this.#pulls.set(key, pull);
    const forget = (): void => {
      if (this.#pulls.get(key) === pull) this.#pulls.delete(key);
    };
    done.then(forget, forget);
    return pull;
  }
}

import assert from 'node:assert/strict';
import { defaultCatalogLimits, type Namespace } from '../../../src/domain/catalog.ts';
import { DomainError, type DomainErrorCode } from '../../../src/domain/errors.ts';
import type { NewConfigMap, NewSecret } from '../../../src/ports/catalog.ts';
import { t0 } from './fixtures.ts';

export const place = 'cn-hangzhou:test';
export const limits = defaultCatalogLimits;

export function namespace(id: string, other: Partial<Namespace> = {}): Namespace {
  const times = { createdAtMs: t0, updatedAtMs: t0 };
  return { dialect: 'sae', id, name: 'test', description: '', document: {}, ...times, ...other };
}

export function configMap(name: string, other: Partial<NewConfigMap> = {}): NewConfigMap {
  const defaults = { namespace: place, description: '', data: {}, createdAtMs: t0 };
  return { dialect: 'sae', name, ...defaults, ...other };
}

export function secret(name: string, other: Partial<NewSecret> = {}): NewSecret {
  return { dialect: 'sae', namespace: place, name, type: 'Opaque', createdAtMs: t0, ...other };
}

/** Asserts that a call is refused with this code and these details. */
export function refusedWith(
  promise: Promise<unknown>,
  code: DomainErrorCode,
  details: Readonly<Record<string, string | number>>,
): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof DomainError, `expected ${code}, got ${String(error)}`);
    assert.equal(error.code, code);
    for (const [name, value] of Object.entries(details)) assert.equal(error.details[name], value);
    return true;
  });
}

/** Codes of the refusals of calls made at the same time, sorted; anything but a refusal fails. */
export async function refusals(calls: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(calls);
  return settled
    .flatMap((result) => {
      if (result.status === 'fulfilled') return [];
      const reason: unknown = result.reason;
      if (!(reason instanceof DomainError)) throw reason;
      return [reason.code];
    })
    .toSorted();
}

/** What `make` makes, this often. */
export function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

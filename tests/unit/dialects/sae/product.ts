import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock, systemIds, systemRandom } from '../../../../src/app/clock.ts';
import { WireError } from '../../../../src/dialects/aliyun/errors.ts';
import { createSaeProduct } from '../../../../src/dialects/sae/index.ts';
import type { SaeSettings } from '../../../../src/dialects/sae/index.ts';
import { DomainError } from '../../../../src/domain/errors.ts';
import { createAccess } from '../../../../src/engine/access.ts';
import { createCatalog } from '../../../../src/engine/catalog.ts';
import { createEngine } from '../../../../src/engine/create.ts';
import { createTextBox, sealNonceBytes } from '../../../../src/lib/sealed-box.ts';
import { createSqliteStore } from '../../../../src/stores/sqlite/store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { callOf, region, settings, smallest } from './support.ts';

type Values = Readonly<Record<string, string>>;

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * The SAE operations on the real engine and the real store; nothing runs, so jobs stay queued.
 * `call` and its kin do as the pipeline does: an engine's refusal becomes a wire error.
 */
export async function product(context: TestContext, choices: Partial<SaeSettings> = {}) {
  const store = createSqliteStore({ path: join(await temporaryFolder(context), 'store.db') });
  await store.open();
  const masterKey = randomBytes(32);
  const box = createTextBox(masterKey, () => randomBytes(sealNonceBytes));
  const access = await createAccess({
    store,
    masterKey,
    clock: systemClock,
    randomBytes,
  });
  const { engine, close } = createEngine({
    store,
    host: 'test',
    leaseTtlMs: 60_000,
    executors: [],
    access,
    catalog: createCatalog({ store, masterKey, randomBytes }),
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log: quiet,
  });
  context.after(async () => {
    await close();
    await store.close();
  });
  const sae = createSaeProduct(
    {
      engine,
      region,
      accountId: '1',
      nowMs: () => systemClock.nowMs(),
      uuid: () => systemIds.uuid(),
      seal: (text, purpose) => box.seal(text, purpose),
      unseal: (sealed, purpose) => box.unseal(sealed, purpose),
      log: quiet,
    },
    { ...settings, ...choices },
  );
  const call = async (name: string, values: Values) => {
    const operation = sae.operations.find((item) => item.name === name);
    assert.ok(operation, name);
    try {
      return await operation.handle(callOf(values), sae.services);
    } catch (error) {
      throw error instanceof DomainError
        ? sae.errors[error.code](error.details, error.message)
        : error;
    }
  };
  const data = async (name: string, values: Values) => {
    const reply = await call(name, values);
    return JSON.parse(JSON.stringify(reply.data)) as Record<string, unknown>;
  };
  const code = async (name: string, values: Values) => {
    try {
      await call(name, values);
    } catch (error) {
      assert.ok(error instanceof WireError, String(error));
      return error.code;
    }
    return 'success';
  };
  const create = async (values: Values = {}) =>
    String((await data('CreateJob', { ...smallest, ...values }))['AppId']);
  const exec = async (values: Values) => String((await data('ExecJob', values))['Data']);
  return { sae, call, data, code, create, exec };
}

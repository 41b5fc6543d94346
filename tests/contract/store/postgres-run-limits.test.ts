import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { defaultAdmissionLimits } from '../../../src/domain/admission.ts';
import { createPostgresStore } from '../../../src/stores/postgres/store.ts';
import { missingPostgres, testPostgres } from '../../support/postgres.ts';
import { baseSpec, exited, t0 } from './fixtures.ts';
import type { AdmissionResult, Store } from '../../../src/ports/store.ts';

const missing = missingPostgres();
const server = missing === null ? await testPostgres() : null;
after(() => server?.stop());

const namespace = 'team/app';
const servers = 3;
const runs = 90;
/** Claims of a server that may find nothing before that counts as forgotten. */
const maxIdleTurns = 300;

describe('run limits over several servers', { skip: missing ?? false }, () => {
  test('are never exceeded, and every run gets its place', async (t) => {
    assert.ok(server !== null);
    const url = await server.database(`limits-${randomUUID()}`);
    const members = await Promise.all(
      Array.from({ length: servers }, async (_, index) => {
        const store = createPostgresStore({
          url,
          maxConnections: 4,
          limits: defaultAdmissionLimits,
        });
        t.after(() => store.close());
        await store.open();
        const { fence } = await store.join({ host: `host-${index}`, leaseTtlMs: 60_000 }, t0);
        return { store, fence };
      }),
    );
    const [first] = members;
    assert.ok(first !== undefined);
    const { store } = first;
    await store.setRunLimit('sae', namespace, 2);
    const templates = await Promise.all(
      [1, 5, 15].map((priority) =>
        store.createTemplate(
          {
            id: `template-${randomUUID()}`,
            dialect: 'sae',
            namespace,
            name: `priority-${priority}`,
            spec: { ...baseSpec, priority, replicas: 1 + (priority % 2) },
            document: {},
            notActedOn: [],
            refersTo: null,
            schedule: null,
          },
          { changeId: randomUUID(), atMs: t0, by: 'alice', note: '' },
        ),
      ),
    );
    const ended = new Set<string>();
    let most = 0;
    let limit = 2;

    const serve = async (index: number): Promise<void> => {
      const member = members[index];
      assert.ok(member !== undefined);
      for (let turn = 0, idle = 0; ended.size < runs; turn += 1) {
        const { attempts } = await member.store.claim({
          nowMs: t0 + 1,
          fence: member.fence,
          limit: 1 + (turn % 5),
          route: () => ({ executor: 'process' }),
        });
        const { running } = await member.store.counts();
        most = Math.max(most, running);
        assert.ok(running <= limit, `${running} run at the same time, ${limit} may`);
        idle = attempts.length === 0 ? idle + 1 : 0;
        assert.ok(idle < maxIdleTurns, `${runs - ended.size} runs were forgotten`);
        const { finished } = await member.store.report(
          attempts.map((attempt) => exited(attempt, 0)),
          t0 + 1,
        );
        for (const id of finished) ended.add(id);
        if (index === 0 && turn === 10) {
          limit = 4;
          await member.store.setRunLimit('sae', namespace, limit);
        }
      }
    };
    const stores: readonly Store[] = members.map((member) => member.store);
    const admit = async (): Promise<void> => {
      for (let n = 0; n < runs; n += 1) {
        const accepting: Store | undefined = stores[n % servers];
        assert.ok(accepting !== undefined);
        const result: AdmissionResult = await accepting.admit({
          runId: `run-${n}`,
          templateId: templates[n % templates.length]?.id ?? '',
          dialect: 'sae',
          trigger: 'manual',
          idempotencyKey: null,
          nowMs: t0,
          notBeforeMs: t0,
          scheduledAtMs: null,
          by: 'alice',
          override: null,
        });
        assert.equal(result.kind, 'created');
      }
    };
    await Promise.all([admit(), ...members.map((_, index) => serve(index))]);
    assert.equal(ended.size, runs);
    assert.ok(most > 1, 'nothing ran side by side');
  });
});

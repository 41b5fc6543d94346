import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbersInBlocks } from '../../../../src/executors/worker/numbers.ts';
import {
  eligible,
  fractionOf,
  pinned,
  type Routable,
  routed,
} from '../../../../src/executors/worker/routing.ts';

const worker = (ip: string, label = '', port = 9_999): Routable => ({
  address: `xxljob@${ip}:${port}`,
  ip,
  port,
  label,
});
const workers = [worker('10.0.0.1', 'v1'), worker('10.0.0.2', 'v2'), worker('10.0.0.3')];
const ips = (chosen: readonly Routable[]): string => chosen.map(({ ip }) => ip.slice(-1)).join('');

test('designation names workers by address, ip:port, ip, or label', () => {
  const by = (kind: 'address' | 'label', ...values: string[]): string =>
    ips(pinned(workers, { by: kind, values, transferable: false }));
  assert.equal(by('address', 'xxljob@10.0.0.1:9999', '10.0.0.2:9999', '10.0.0.3'), '123');
  assert.equal(by('address', '10.0.0.2:1', 'v1'), '');
  assert.equal(by('label', 'v2', '10.0.0.1'), '2');
  assert.equal(by('label', ''), '');
  assert.equal(ips(pinned(workers, null)), '123');
});

test('others do it only when that is allowed and none of the designated is there', () => {
  const designated = { by: 'label', values: ['gone'], transferable: true } as const;
  assert.equal(ips(pinned(workers, designated)), '123');
  assert.equal(ips(pinned(workers, { ...designated, transferable: false })), '');
  assert.equal(ips(pinned(workers, { ...designated, values: ['gone', 'v1'] })), '1');
});

test('routes take their shares; the rest goes to workers that no route names', () => {
  const routes = [
    { percentage: 20, by: 'label', values: ['v1'] },
    { percentage: 30, by: 'address', values: ['10.0.0.2'] },
  ] as const;
  const at = (fraction: number): string => ips(routed(workers, routes, fraction));
  assert.deepEqual([0, 0.19, 0.21, 0.49, 0.51, 0.99].map(at), ['1', '1', '2', '2', '3', '3']);
  // A share without a worker goes to the others, and without others to anybody.
  assert.equal(ips(routed(workers.slice(1), routes, 0)), '3');
  assert.equal(ips(routed(workers.slice(1, 2), routes, 0)), '2');
});

test('whatever is asked: only workers that are there, and some unless designation forbids it', () => {
  const target = fc.record({
    by: fc.constantFrom('address' as const, 'label' as const),
    values: fc.array(fc.constantFrom('v1', 'v2', '10.0.0.1', '10.0.0.3', 'gone'), { maxLength: 3 }),
  });
  const route = fc.tuple(target, fc.integer({ min: 0, max: 100 })).map(([to, percentage]) => ({
    ...to,
    percentage,
  }));
  fc.assert(
    fc.property(
      fc.array(route, { maxLength: 4 }),
      fc.option(fc.tuple(target, fc.boolean())),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (routes, pin, fraction) => {
        const designated = pin === null ? null : { ...pin[0], transferable: pin[1] };
        const chosen = eligible(workers, { designated, routes }, fraction);
        assert.ok(chosen.every((one) => workers.includes(one)));
        if (designated?.transferable !== false) assert.ok(chosen.length > 0);
      },
    ),
  );
});

test('a text’s fraction is always the same, and even over many', () => {
  assert.equal(fractionOf('run-1.0.1'), fractionOf('run-1.0.1'));
  const below = Array.from({ length: 2_000 }, (_, index) => fractionOf(`r${index}`)).filter(
    (fraction) => fraction < 0.2,
  );
  assert.ok(below.length > 320 && below.length < 480, String(below.length));
});

test('numbers come in blocks, none twice, also when taking fails for once', async () => {
  let first = 1;
  let failing = false;
  const taken: number[] = [];
  const next = numbersInBlocks((count) => {
    if (failing) return Promise.reject(new Error('store away'));
    taken.push(count);
    first += 10 * count;
    return Promise.resolve(first);
  }, 3);
  const numbers = await Promise.all(Array.from({ length: 8 }, () => next()));
  assert.equal(new Set(numbers).size, 8);
  assert.deepEqual(taken, [3, 3, 3]);
  await next();
  failing = true;
  await assert.rejects(next(), /store away/);
  failing = false;
  assert.ok(!numbers.includes(await next()));
});

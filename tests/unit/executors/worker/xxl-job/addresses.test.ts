import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import fc from 'fast-check';
import { AddressRules } from '../../../../../src/executors/worker/xxl-job/addresses.ts';
import { Registry } from '../../../../../src/executors/worker/xxl-job/registry.ts';

const rules = new AddressRules([]);
const accepts = (value: string, caller: string, by = rules): boolean =>
  'url' in by.read(value, caller);

test('an executor may give its own address', () => {
  assert.deepEqual(rules.read('http://10.0.0.7:9999', '10.0.0.7'), {
    url: 'http://10.0.0.7:9999/',
    ip: '10.0.0.7',
    port: 9_999,
  });
  assert.deepEqual(rules.read('https://[FD00::7]/x', 'fd00::7'), {
    url: 'https://[fd00::7]/x/',
    ip: 'fd00::7',
    port: 443,
  });
  assert.ok(accepts('http://10.0.0.7/', '::ffff:10.0.0.7'));
});

test('and no other: neither this machine’s for strangers, nor a third one’s', () => {
  for (const value of [
    'http://10.0.0.8:9999/',
    'http://127.0.0.1:9999/',
    'http://[::1]:9999/',
    'http://localhost:9999/',
    'http://169.254.169.254/',
    'http://0.0.0.0/',
    'http://2130706433/',
    'http://[::ffff:127.0.0.1]/',
    'http://10.0.0.7.example/',
    'http://10.0.0.7@10.0.0.8/',
    'http://10.0.0.7:0/',
    'file:///etc/passwd',
    'gopher://10.0.0.7/',
    'http://10.0.0.7/?x=1',
    'http://10.0.0.7/#x',
    '10.0.0.7:9999',
    `http://10.0.0.7/${'x'.repeat(600)}`,
    '',
  ]) {
    assert.equal(accepts(value, '10.0.0.7'), false, value);
  }
});

test('on this machine an executor may give any address of this machine', () => {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  assert.ok(accepts('http://127.0.0.1:9999/', '127.0.0.1'));
  assert.ok(accepts('http://[::1]:9999/', '127.0.0.1'));
  if (own !== undefined) assert.ok(accepts(`http://${own.address}:9999/`, '127.0.0.1'));
  assert.equal(accepts('http://10.255.255.254:9999/', '127.0.0.1'), false);
});

test('what the operator allowed may be given by anybody with a key', () => {
  const some = new AddressRules(['10.1.0.0/16', 'fd00::/8', '192.168.0.9', 'Worker.example']);
  for (const value of [
    'http://10.1.2.3:9999/',
    'http://[fd00::1]/',
    'http://192.168.0.9/',
    'https://worker.EXAMPLE:1/',
  ]) {
    assert.ok(accepts(value, '203.0.113.1', some), value);
  }
  for (const value of ['http://10.2.0.1/', 'http://192.168.0.8/', 'http://x.worker.example/']) {
    assert.equal(accepts(value, '203.0.113.1', some), false, value);
  }
  for (const entry of ['10.0.0.0/33', '10.0.0.0/x', 'http://a', '', 'a/8']) {
    assert.throws(() => new AddressRules([entry]), /write it like/, entry);
  }
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.ipV6()), fc.ipV4(), (value, caller) => {
      const read = rules.read(value, caller);
      assert.ok('problem' in read ? read.problem !== '' : read.ip === caller);
    }),
  );
});

test('who does not register again is dead after 90 seconds', () => {
  let nowMs = 1_000_000;
  const registry = new Registry(90_000, () => nowMs);
  const put = (port: number, group = 1): boolean =>
    registry.put({ group, url: '', ip: '10.0.0.1', port, token: `t${port}`, appName: null });
  assert.ok(put(2) && put(1));
  nowMs += 60_000;
  assert.ok(put(2));
  assert.deepEqual(
    registry.live(1).map(({ port }) => port),
    [1, 2],
  );
  nowMs += 30_000;
  assert.deepEqual(
    registry.live(1).map(({ port }) => port),
    [2],
  );
  assert.ok(
    registry.hasToken(1, 't2') && !registry.hasToken(1, 't1') && !registry.hasToken(2, 't2'),
  );
  registry.remove(1, { url: '', ip: '10.0.0.1', port: 2 });
  assert.deepEqual(registry.live(1), []);
});

test('a group has room for so many; the dead make room', () => {
  let nowMs = 0;
  const registry = new Registry(90_000, () => nowMs);
  const put = (port: number): boolean =>
    registry.put({ group: 1, url: '', ip: '10.0.0.1', port, token: '', appName: null });
  for (let port = 1; port <= 1_000; port += 1) assert.ok(put(port));
  assert.equal(put(1_001), false);
  assert.ok(put(7));
  nowMs += 90_000;
  assert.ok(put(1_001));
  assert.equal(registry.live(1).length, 1);
});

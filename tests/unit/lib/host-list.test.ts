import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostList, plainHost } from '../../../src/lib/host-list.ts';

test('hosts are found by name, address and network, IPv4 also when it is written as IPv6', () => {
  const list = new HostList(['Repo.Example.', '10.1.0.0/16', '192.0.2.7', 'fd00:1::/32'], 'host');
  for (const [name, listed] of [
    ['repo.example', true],
    ['example', false],
    ['10.1.0.0', false],
  ] as const) {
    assert.equal(list.hasName(name), listed, name);
  }
  for (const [address, listed] of [
    ['10.1.255.1', true],
    ['::ffff:10.1.255.1', true],
    ['10.2.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['fd00:1:2::3', true],
    ['fd00:2::3', false],
  ] as const) {
    assert.equal(list.hasAddress(address), listed, address);
  }
  assert.equal(plainHost('[FE80::1]'), 'fe80::1');
});

test('what is no host is named', () => {
  for (const entry of ['', 'a b', '10.0.0.0/33', 'repo.example/8', '10.0.0.0/8/8', 'http://a']) {
    assert.throws(() => new HostList([entry], 'host of x'), {
      message: new RegExp(`^host of x ${JSON.stringify(entry)} is no address`),
    });
  }
});

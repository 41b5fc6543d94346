import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, test } from 'node:test';
import { AddressPolicy } from '../../../../src/executors/http/addresses.ts';
import { within } from '../../../support/until.ts';

const publicOnly = new AddressPolicy([]);

describe('which addresses may be called', () => {
  for (const host of [
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '223.255.255.255',
    '[2606:4700::1111]',
    'example.com',
    'localhost',
  ]) {
    test(`${host} is not refused beforehand`, () => {
      assert.equal(publicOnly.problem(host), null);
    });
  }

  for (const host of [
    '127.0.0.1',
    '127.255.255.255',
    '0.0.0.0',
    '10.0.0.7',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[::ffff:7f00:1]',
    '[::ffff:808:808]',
    '[fe80::1]',
    '[fd00::1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[2001:db8::1]',
    '[ff02::1]',
    new URL('http://2130706433/').hostname,
    new URL('http://0x7f.1/').hostname,
  ]) {
    test(`${host} is refused in words`, () => {
      assert.match(publicOnly.problem(host) ?? '', /is private; use a public one, or allow it/);
      assert.equal(new AddressPolicy('any').problem(host), null);
    });
  }

  test('what is allowed may be called, what lies beside it may not', () => {
    const policy = new AddressPolicy(['10.1.0.0/16', '192.168.0.7', 'fd00:1::/32', '::1']);
    for (const host of ['10.1.255.1', '[::ffff:a01:1]', '192.168.0.7', '[fd00:1::2]', '[::1]']) {
      assert.equal(policy.problem(host), null, host);
    }
    for (const host of ['10.2.0.1', '192.168.0.8', '[fd00:2::1]', '127.0.0.1']) {
      assert.notEqual(policy.problem(host), null, host);
    }
  });

  for (const entry of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'a/8', 'http://x', '', ' ']) {
    test(`${JSON.stringify(entry)} cannot be allowed`, () => {
      assert.throws(() => new AddressPolicy([entry]), /is no address, network or host name/);
    });
  }
});

describe('names are judged by what they resolve to', () => {
  const resolve = (policy: AddressPolicy, all: boolean) =>
    within(
      'the lookup',
      new Promise<string | LookupAddress[]>((done, fail) => {
        policy.lookup('localhost', { all, family: 4 }, (error, address) =>
          error === null ? done(address) : fail(error),
        );
      }),
    );

  test('a name of this machine is refused', async () => {
    await assert.rejects(resolve(publicOnly, true), /localhost is 127\.0\.0\.1, which is private/);
    await assert.rejects(resolve(publicOnly, false), /which is private/);
  });

  for (const allowed of ['LocalHost', 'localhost.', '127.0.0.0/8']) {
    test(`unless ${allowed} is allowed`, async () => {
      const policy = new AddressPolicy([allowed]);
      assert.deepEqual(await resolve(policy, true), [{ address: '127.0.0.1', family: 4 }]);
      assert.equal(await resolve(policy, false), '127.0.0.1');
    });
  }

  test('what has no address is told as the system tells it', async () => {
    const error = await within(
      'the lookup',
      new Promise<Error | null>((done) => {
        publicOnly.lookup('no-such-name.invalid', {}, done);
      }),
    );
    assert.match(error?.message ?? '', /no-such-name\.invalid/);
  });
});

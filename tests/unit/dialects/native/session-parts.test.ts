import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  droppedCookie,
  keptCookie,
  readSessionCookie,
} from '../../../../src/dialects/native/session-cookie.ts';
import { guardOrigin, type RequestOrigin } from '../../../../src/dialects/native/session-guard.ts';
import { SignInPace } from '../../../../src/dialects/native/session-pace.ts';

describe('the session cookie', () => {
  test('is found among others, and only by its name', () => {
    assert.equal(readSessionCookie('a=b; longshore_session=xyz; c=d'), 'xyz');
    assert.equal(readSessionCookie('longshore_session=xyz'), 'xyz');
    assert.equal(readSessionCookie('xlongshore_session=xyz; longshore_sessions=1'), null);
    assert.equal(readSessionCookie(undefined), null);
    for (const header of ['', ';', '=', 'longshore_session', 'longshore_session=']) {
      assert.equal(readSessionCookie(header), null, header);
    }
  });

  test('too much is not looked at', () => {
    assert.equal(readSessionCookie(`longshore_session=${'x'.repeat(4_097)}`), null);
    assert.equal(readSessionCookie(`${'a=b;'.repeat(5_000)}longshore_session=x`), null);
  });

  test('is closed to scripts and other sites', () => {
    assert.equal(
      keptCookie('v', 90_500, true),
      'longshore_session=v; Max-Age=90; Path=/; HttpOnly; SameSite=Strict; Secure',
    );
    assert.equal(
      droppedCookie(false),
      'longshore_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
    );
  });
});

describe('the guard against foreign pages', () => {
  const own: RequestOrigin = {
    method: 'POST',
    hosts: ['127.0.0.1:8480', 'jobs.example.org'],
    origin: 'http://127.0.0.1:8480',
    secFetchSite: 'same-origin',
    consoleHeader: '1',
  };

  test('lets the console through, at any of its addresses, and old browsers', () => {
    guardOrigin(own);
    guardOrigin({ ...own, origin: 'https://jobs.example.org' });
    guardOrigin({ ...own, origin: undefined, secFetchSite: undefined });
  });

  test('reading is not its matter', () => {
    guardOrigin({ ...own, method: 'GET', consoleHeader: undefined, secFetchSite: 'cross-site' });
  });

  test('refuses everything else', () => {
    const foreign: readonly Partial<RequestOrigin>[] = [
      { consoleHeader: undefined },
      { consoleHeader: '0' },
      { secFetchSite: 'cross-site' },
      { secFetchSite: 'same-site' },
      { secFetchSite: 'none' },
      { origin: 'http://127.0.0.1:8481' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: '' },
    ];
    for (const change of foreign) {
      assert.throws(
        () => guardOrigin({ ...own, ...change }),
        { name: 'ProblemError', code: 'foreign-origin' },
        JSON.stringify(change),
      );
    }
  });
});

describe('the pace of sign-ins', () => {
  const address = '192.0.2.7';
  const failTimes = (pace: SignInPace, times: number, nowMs = 0, from = address): void => {
    for (let count = 0; count < times; count += 1) pace.begin(from, nowMs);
  };

  test('slows an address down after a few failures, ever longer, up to a minute', () => {
    const pace = new SignInPace();
    failTimes(pace, 4);
    assert.equal(pace.waitMs(address, 0), 0);
    failTimes(pace, 1);
    assert.equal(pace.waitMs(address, 0), 1_000);
    assert.equal(pace.waitMs(address, 400), 600);
    assert.equal(pace.waitMs(address, 1_000), 0);
    failTimes(pace, 1, 1_000);
    assert.equal(pace.waitMs(address, 1_000), 2_000);
    failTimes(pace, 30, 3_000);
    assert.equal(pace.waitMs(address, 3_000), 60_000);
    assert.equal(pace.waitMs('192.0.2.8', 3_000), 0);
  });

  test('a success is not counted, and clears no failures', () => {
    const pace = new SignInPace();
    failTimes(pace, 5);
    pace.begin(address, 2_000);
    pace.succeeded(address);
    assert.equal(pace.waitMs(address, 2_000), 1_000);
  });

  test('is over after a quarter of an hour, and a clock set back holds nobody off', () => {
    const pace = new SignInPace();
    failTimes(pace, 40, 10_000_000);
    assert.equal(pace.waitMs(address, 10_000_000 + 15 * 60_000 + 1), 0);
    assert.equal(pace.waitMs(address, 0), 0);
  });

  test('addresses of one IPv6 network count as one', () => {
    const pace = new SignInPace();
    failTimes(pace, 5, 0, '2001:db8:1:2::1');
    assert.equal(pace.waitMs('2001:db8:1:2:ffff::9', 0), 1_000);
    assert.equal(pace.waitMs('2001:db8:1:3::1', 0), 0);
    failTimes(pace, 5, 0, '::ffff:192.0.2.1');
    assert.equal(pace.waitMs('::ffff:192.0.2.2', 0), 0);
  });

  test('remembers a bounded number of addresses', () => {
    const pace = new SignInPace();
    failTimes(pace, 5, 0, 'first');
    for (let number = 0; number < 10_000; number += 1) pace.begin(`address ${number}`, 0);
    assert.equal(pace.waitMs('first', 0), 0);
  });
});

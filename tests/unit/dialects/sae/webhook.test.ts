import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  newWebhookToken,
  webhookPart,
  webhookPurpose,
  webhookTokenHash,
  webhookUrls,
} from '../../../../src/dialects/sae/translate/webhook.ts';
import type { WebhookPart } from '../../../../src/dialects/sae/translate/webhook.ts';
import { parseTriggerConfig } from '../../../../src/dialects/sae/values/trigger-config.ts';
import {
  type HttpTrigger,
  isListedAddress,
  isListedReferer,
  webhookRefusal,
} from '../../../../src/dialects/sae/webhook/rules.ts';

const seal = (text: string, purpose: string) => `${purpose}|${text}`;
const unseal = (sealed: string, purpose: string) => {
  assert.ok(sealed.startsWith(`${purpose}|`));
  return sealed.slice(purpose.length + 1);
};

const httpText = '{"type":"http","config":{"type":"HTTPS","method":["GET"]}}';
const timeText = '{"type":"time","config":"* * * * *"}';

describe('tokens', () => {
  test('hold 128 random bits and are found by their hash', () => {
    const asked: number[] = [];
    const token = newWebhookToken((length) => {
      asked.push(length);
      return new Uint8Array(length).fill(0xab);
    }, seal);
    assert.deepEqual(asked, [16]);
    const clear = 'ab'.repeat(16);
    assert.deepEqual(token, { sealed: `sae webhook|${clear}`, hash: webhookTokenHash(clear) });
    assert.match(token.hash, /^[0-9a-f]{64}$/);
  });

  test('any chain of changes: kept while http, new after a break, none otherwise', () => {
    const kinds = fc.array(fc.constantFrom('http', 'time', 'none'), { maxLength: 12 });
    fc.assert(
      fc.property(kinds, (chain) => {
        let stored: WebhookPart | null = null;
        let before: string = 'none';
        const seen = new Set<string>();
        for (const kind of chain) {
          const text = { http: httpText, time: timeText, none: null }[kind] ?? null;
          const trigger = text === null ? null : parseTriggerConfig(text);
          const next: WebhookPart = webhookPart(
            stored,
            trigger,
            newWebhookToken((length) => randomBytes(length), seal),
          );
          if (kind !== 'http') {
            assert.deepEqual(next, { document: {}, webhookTokenHash: null });
          } else if (before === 'http') {
            assert.deepEqual(next, stored);
          } else {
            const sealed = String(next.document['webhookToken']);
            assert.equal(seen.has(sealed), false);
            seen.add(sealed);
            assert.equal(webhookTokenHash(unseal(sealed, webhookPurpose)), next.webhookTokenHash);
          }
          stored = next;
          before = kind;
        }
      }),
    );
  });

  test('a template that was http before webhooks acted gets one', () => {
    const fresh = newWebhookToken((length) => randomBytes(length), seal);
    const part = webhookPart(
      { document: { TriggerConfig: httpText } },
      parseTriggerConfig(httpText),
      fresh,
    );
    assert.equal(part.webhookTokenHash, fresh.hash);
  });

  test('no addresses without a token or without an http trigger', () => {
    const settings = { webhookUrl: null, webhookInnerUrl: null, baseUrl: () => 'http://h:1' };
    const none = { PublicWebHookUrls: [], VpcWebHookUrls: [] };
    assert.deepEqual(webhookUrls({ TriggerConfig: httpText }, settings, unseal), none);
    assert.deepEqual(webhookUrls({ webhookToken: 'x' }, settings, unseal), none);
    const timed = { TriggerConfig: timeText, webhookToken: 'x' };
    assert.deepEqual(webhookUrls(timed, settings, unseal), none);
    const document = { TriggerConfig: httpText, webhookToken: seal('t', webhookPurpose) };
    assert.deepEqual(
      webhookUrls(document, { ...settings, baseUrl: () => 'https://[::1]:7' }, unseal),
      {
        PublicWebHookUrls: ['https://[::1]:7/webhook/putEvents?token=t'],
        VpcWebHookUrls: ['https://[::1]:7/webhook/putEvents?token=t'],
      },
    );
  });
});

/** An IPv4 or IPv6 address as a number, for an oracle that is not the code under test. */
interface Numeric {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

const numeric: fc.Arbitrary<Numeric> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => ({ bits: 32, value }) as const),
  fc
    // Not the range in which IPv6 holds IPv4.
    .bigInt({ min: 2n ** 120n, max: 2n ** 128n - 1n })
    .map((value) => ({ bits: 128, value }) as const),
);

function addressText({ bits, value }: Numeric): string {
  if (bits === 32) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  }
  return Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  ).join(':');
}

describe('rules', () => {
  test('addresses match ranges as arithmetic says', () => {
    const near = fc.tuple(numeric, fc.nat(128), fc.nat(128)).map(([base, prefixSeed, flipSeed]) => {
      const prefix = prefixSeed % (base.bits + 1);
      const flipped = base.value ^ (1n << BigInt(flipSeed % base.bits));
      return { base, prefix, address: { ...base, value: flipped } };
    });
    fc.assert(
      fc.property(near, numeric, ({ base, prefix, address }, stranger) => {
        const entry = `${addressText(base)}/${prefix}`;
        for (const other of [base, address, stranger]) {
          const shift = BigInt(base.bits - prefix);
          const inside = other.bits === base.bits && other.value >> shift === base.value >> shift;
          const text = addressText(other);
          assert.equal(
            isListedAddress(['192.0.2.1/32', entry], text),
            inside || text === '192.0.2.1',
          );
          assert.equal(isListedAddress([addressText(base)], text), text === addressText(base));
          if (other.bits === 32) {
            assert.equal(isListedAddress([entry], `::ffff:${text}`), inside);
            assert.equal(isListedAddress([`::ffff:${text}/128`], text), true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('no text passes as an address, and none breaks the check', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        assert.equal(isListedAddress([], text), false);
        // Ranges are checked when they are stored; a strange one takes nobody.
        isListedAddress([text, `${text}/8`], '10.0.0.1');
      }),
    );
    for (const entry of ['x', '', '/', '10.0.0.1.2/8', '::ffff:10.0.0.0/8']) {
      assert.equal(isListedAddress([entry], '10.0.0.1'), false, entry);
    }
    assert.equal(isListedAddress(['::ffff:10.0.0.0/104'], '10.9.9.9'), true);
  });

  test('a referer passes when its host is the domain or ends in it', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const domain = fc
      .array(label, { minLength: 1, maxLength: 3 })
      .map((labels) => `${labels.join('.')}.example`);
    fc.assert(
      fc.property(domain, domain, label, (listed, other, sub) => {
        const passes = (host: string) => isListedReferer([listed], `https://${host}/p?q#f`);
        // Hosts such as a.1 are addresses to URL.
        assert.equal(passes(listed), true);
        assert.equal(passes(`${sub}.${listed}`), true);
        assert.equal(passes(`${sub}${listed}`), `${sub}${listed}`.endsWith(`.${listed}`));
        assert.equal(passes(`${listed}.${sub}x`), false);
        assert.equal(passes(other), other === listed || other.endsWith(`.${listed}`));
        assert.equal(isListedReferer([`*.${listed}`], `http://${listed.toUpperCase()}`), true);
      }),
    );
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        assert.equal(isListedReferer([], url), false);
        assert.equal(isListedReferer(['.', '*.'], url), false);
      }),
    );
  });

  test('what is let through meets every rule', () => {
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];
    const trigger: fc.Arbitrary<HttpTrigger> = fc.record({
      kind: fc.constant('http'),
      schemes: fc.constantFrom('HTTP', 'HTTPS', 'HTTP&HTTPS'),
      methods: fc.subarray(methods, { minLength: 1 }),
      security: fc.constantFrom('none', 'ip', 'referer'),
      ips: fc.subarray(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']),
      referers: fc.subarray(['a.example', '*.b.example']),
    });
    const request = fc.record({
      method: fc.constantFrom(...methods),
      secure: fc.boolean(),
      sourceIp: fc.constantFrom('10.1.2.3', '192.0.2.7', '192.0.2.8', '2001:db8::1', ''),
      referer: fc.constantFrom(undefined, 'http://a.example', 'https://x.b.example', 'x'),
    });
    const status: Readonly<Record<string, number>> = {
      'Webhook.SchemeNotAllowed': 403,
      'Webhook.MethodNotAllowed': 405,
      'Webhook.IpNotAllowed': 403,
      'Webhook.RefererNotAllowed': 403,
    };
    const inList: Readonly<Record<string, readonly string[]>> = {
      '10.1.2.3': ['10.0.0.0/8'],
      '192.0.2.7': ['192.0.2.7'],
      '2001:db8::1': ['2001:db8::/32'],
      'http://a.example': ['a.example'],
      'https://x.b.example': ['*.b.example'],
    };
    const listed = (list: readonly string[], value: string | undefined) =>
      (inList[value ?? ''] ?? []).some((entry) => list.includes(entry));
    fc.assert(
      fc.property(trigger, request, (rules, asked) => {
        const refusal = webhookRefusal(rules, asked);
        const allowed =
          rules.schemes.split('&').includes(asked.secure ? 'HTTPS' : 'HTTP') &&
          rules.methods.includes(asked.method) &&
          (rules.security !== 'ip' || listed(rules.ips, asked.sourceIp)) &&
          (rules.security !== 'referer' || listed(rules.referers, asked.referer));
        assert.equal(refusal === null, allowed);
        if (refusal !== null) assert.equal(refusal.status, status[refusal.code]);
      }),
      { numRuns: 500 },
    );
  });
});

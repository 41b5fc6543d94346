import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { SignedRequest } from '../../../../src/dialects/huawei/incoming.ts';
import {
  canonicalQuery,
  canonicalUris,
  percentEncode,
} from '../../../../src/dialects/huawei/signatures/canonical.ts';
import {
  canonicalRequest,
  readClaim,
  signatureMatches,
  signatureOf,
} from '../../../../src/dialects/huawei/signatures/sdk-hmac.ts';

const key = 'TESTACCESSKEY0000001';
const secret = 'TestSecretKeyForVectorOnly0000000000000001';
const cluster =
  '/v1.1/1551c7f6c808414d8e9f3c514a170f2e/clusters/6ec9a0a4-76be-4262-8697-e7af1fac7920/cdm/job';
const headers = {
  'content-type': 'application/json',
  host: 'cdm.example.test:8443',
  'x-project-id': '1551c7f6c808414d8e9f3c514a170f2e',
  'x-sdk-date': '20260102T030405Z',
};
const signedHeaders = Object.keys(headers);

/** The two requests of cdm.md §2.3 with what the vendor's core signed them with. */
const vectors = [
  {
    name: 'a PUT with a body',
    request: request('PUT', `${cluster}/jdbc2hive/start`, '', '{"variables":{"day":"2026-01-01"}}'),
    query: '',
    payloadHash: '3d83c8810d638fadfb635ea666ac6e135e6b3994e7fefd3dadb45e74fbc4ccb5',
    canonicalHash: '032ca836584f0c4449f886aca812077e3fc4acdef8de53e78412ecbe9520f58c',
    signature: '38d4a7607ae0cf8f906a13e95a90fb35599140277daa50795fa097a9ada17def',
  },
  {
    name: 'a GET with a query and no body',
    request: request(
      'GET',
      `${cluster}/all`,
      'jobType=NORMAL_JOB&filter=a+b%2F%C3%BC&page_size=10&page_no=1',
      '',
    ),
    query: 'filter=a%20b%2F%C3%BC&jobType=NORMAL_JOB&page_no=1&page_size=10',
    payloadHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    canonicalHash: 'c1e0871fb3c2b9f7b4d31718a171f9d234297f8e92be076e60c139bb065d9d50',
    signature: '4944ea2ff1b4f42c9b217f015eb46cf856558ba76f823a213ea2bfc9e00e2a5e',
  },
] as const;

function request(method: string, path: string, query: string, body: string): SignedRequest {
  return {
    method,
    path,
    query,
    body: Buffer.from(body),
    header: (name) => (headers as Readonly<Record<string, string>>)[name],
  };
}

function authorization(signature: string, separator = ', '): string {
  const parts = [
    `Access=${key}`,
    `SignedHeaders=${signedHeaders.join(';')}`,
    `Signature=${signature}`,
  ];
  return `SDK-HMAC-SHA256 ${parts.join(separator)}`;
}

for (const vector of vectors) {
  describe(vector.name, () => {
    test('gives the canonical request and the signature of the contract', () => {
      assert.equal(hash('sha256', vector.request.body), vector.payloadHash);
      assert.equal(canonicalQuery(vector.request.query), vector.query);
      const [uri = ''] = canonicalUris(vector.request.path);
      const text = canonicalRequest(
        vector.request,
        uri,
        vector.query,
        signedHeaders,
        vector.payloadHash,
      );
      assert.equal(hash('sha256', text), vector.canonicalHash);
      assert.equal(signatureOf(text, headers['x-sdk-date'], secret), vector.signature);
    });

    test('is accepted as signed, with and without a space after commas', () => {
      for (const separator of [', ', ',']) {
        const claim = readClaim(vector.request, authorization(vector.signature, separator));
        assert.equal(claim.keyId, key);
        assert.equal(claim.signedAtMs, Date.UTC(2026, 0, 2, 3, 4, 5));
        assert.ok(signatureMatches(vector.request, claim, secret, false));
      }
    });

    test('is refused when anything of it changes', () => {
      const claim = readClaim(vector.request, authorization(vector.signature));
      const changes: readonly Partial<SignedRequest>[] = [
        { method: 'POST' },
        { path: `${vector.request.path}x` },
        { query: `${vector.request.query}&a=b` },
        { body: Buffer.from('{}') },
        { header: (name) => (name === 'host' ? 'elsewhere' : vector.request.header(name)) },
      ];
      for (const change of changes) {
        assert.ok(!signatureMatches({ ...vector.request, ...change }, claim, secret, false));
      }
      assert.ok(!signatureMatches(vector.request, claim, `${secret}x`, false));
    });
  });
}

describe('canonical URIs', () => {
  const paths = [
    { path: '/a/jdbc2hive', has: ['/a/jdbc2hive/'] },
    { path: '/a/%E4%BD%9C%E4%B8%9A', has: ['/a/%E4%BD%9C%E4%B8%9A/'] },
    // Escapes signed once more: the Node core with a space or braces in an ASCII name.
    { path: '/a/b%20c', has: ['/a/b%20c/', '/a/b%2520c/'] },
    { path: '/a/%7Bx%7D', has: ['/a/%7Bx%7D/', '/a/%257Bx%257D/'] },
    // The same with a space beside other letters: only marks were escaped before signing.
    { path: '/a/%E4%BD%9C%20c', has: ['/a/%E4%BD%9C%2520c/'] },
    { path: '/a/it%27s', has: ['/a/it%27s/', '/a/it%2527s/'] },
    { path: "/a/it's/", has: ["/a/it's/", '/a/it%27s/'] },
    { path: '/a/%zz', has: ['/a/%25zz/', '/a/%zz/'] },
  ];
  for (const { path, has } of paths) {
    test(path, () => {
      const uris = canonicalUris(path);
      for (const uri of has) assert.ok(uris.includes(uri), `${uri} is not in ${uris.join(' ')}`);
    });
  }

  test('decode to the path that was sent, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (words) => {
        const path = `/${words.map((word) => percentEncode(word)).join('/')}`;
        const [uri = ''] = canonicalUris(path);
        const decoded = uri.split('/').map((word) => decodeURIComponent(word));
        assert.deepEqual(decoded.slice(1, words.length + 1), words);
      }),
    );
  });
});

describe('readClaim', () => {
  const [{ request: signed, signature }] = vectors;
  const bad = [
    ['no key', `SDK-HMAC-SHA256 SignedHeaders=x-sdk-date, Signature=${signature}`],
    ['no signature', `SDK-HMAC-SHA256 Access=${key}, SignedHeaders=x-sdk-date`],
    ['a short signature', `SDK-HMAC-SHA256 Access=${key}, SignedHeaders=x-sdk-date, Signature=ab`],
    [
      'an unsigned date',
      `SDK-HMAC-SHA256 Access=${key}, SignedHeaders=host, Signature=${signature}`,
    ],
    ['no header list', `SDK-HMAC-SHA256 Access=${key}, Signature=${signature}`],
  ] as const;
  for (const [name, text] of bad) {
    test(`refuses ${name}`, () => {
      assert.throws(() => readClaim(signed, text), { status: 401, code: 'APIGW.0301' });
    });
  }

  test('gives no time for a malformed date', () => {
    for (const date of ['', '2026-01-02T03:04:05Z', '20269902T030405Z']) {
      const claim = readClaim(
        { ...signed, header: (name) => (name === 'x-sdk-date' ? date : signed.header(name)) },
        authorization(signature),
      );
      assert.ok(Number.isNaN(claim.signedAtMs), date);
    }
  });
});

describe('X-Sdk-Content-Sha256', () => {
  const [{ request: plain }] = vectors;

  /** The request with this header, signed over it or beside it. */
  function stated(value: string, isSigned: boolean) {
    const withHeader: SignedRequest = {
      ...plain,
      header: (name) => (name === 'x-sdk-content-sha256' ? value : plain.header(name)),
    };
    const names = isSigned ? [...signedHeaders, 'x-sdk-content-sha256'] : signedHeaders;
    const [uri = ''] = canonicalUris(plain.path);
    const payload = isSigned ? value : hash('sha256', plain.body);
    const text = canonicalRequest(withHeader, uri, '', names, payload);
    const signature = signatureOf(text, headers['x-sdk-date'], secret);
    const claim = readClaim(
      withHeader,
      `SDK-HMAC-SHA256 Access=${key}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    );
    return (secure: boolean): boolean => signatureMatches(withHeader, claim, secret, secure);
  }

  test('counts when it is signed and true', () => {
    assert.ok(stated(hash('sha256', plain.body), true)(false));
    assert.ok(!stated(hash('sha256', 'other'), true)(false));
    assert.ok(!stated(hash('sha256', plain.body), false)(false));
  });

  test('may leave the payload open over TLS only', () => {
    assert.ok(stated('UNSIGNED-PAYLOAD', true)(true));
    assert.ok(!stated('UNSIGNED-PAYLOAD', true)(false));
  });
});

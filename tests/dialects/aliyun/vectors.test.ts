import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { parsePairs } from '../../../src/dialects/aliyun/encoding.ts';
import { WireError } from '../../../src/dialects/aliyun/errors.ts';
import type { SignedRequest } from '../../../src/dialects/aliyun/incoming.ts';
import { createSigningKeys } from '../../../src/dialects/aliyun/signatures/claim.ts';
import { readClaim } from '../../../src/dialects/aliyun/signatures/scheme.ts';
import { stringToSignV1 } from '../../../src/dialects/aliyun/signatures/v1-roa.ts';
import { rpcParameters, stringToSignRpc } from '../../../src/dialects/aliyun/signatures/v1-rpc.ts';
import { canonicalRequestV3, hashPayloadV3 } from '../../../src/dialects/aliyun/signatures/v3.ts';

const keyId = 'testAccessKeyId';
const keys = createSigningKeys('testAccessKeySecret');
const nonce = '0123456789abcdef0123456789abcdef';
const signedAtMs = Date.UTC(2024, 0, 2, 3, 4, 5);
const formType = 'application/x-www-form-urlencoded';
const execQuery =
  'AppId=7171a6ca-d1cd-4928-8642-7d5cfe690000&Command=echo&CommandArgs=%5B%22a%20b%22%2C%22*~%22%5D&Replicas=3';

type Headers = Readonly<Record<string, string>>;

function request(method: string, url: string, headers: Headers, body = ''): SignedRequest {
  const [path = '', query = ''] = url.split('?');
  return {
    method,
    path,
    query: parsePairs(query, 'query'),
    form: headers['content-type'] === formType ? parsePairs(body, 'form') : [],
    body: Buffer.from(body),
    header: (name) => headers[name],
    acsHeaderNames: () =>
      Object.keys(headers)
        .filter((name) => name.startsWith('x-acs-'))
        .sort(),
  };
}

function assertAccepted(signed: SignedRequest, token?: string): void {
  const claim = readClaim(signed);
  assert.equal(claim.keyId, keyId);
  assert.equal(claim.nonce, nonce);
  assert.equal(claim.signedAtMs, signedAtMs);
  assert.equal(claim.securityToken, token);
  claim.verify(keys);
}

const sts = { 'x-acs-accesskey-id': keyId, 'x-acs-security-token': 'testStsToken' };

describe('V3 vectors', () => {
  const vectors: readonly [
    name: string,
    method: string,
    url: string,
    extra: Headers,
    body: string,
    canonicalHash: string,
    signature: string,
  ][] = [
    [
      'V3-A GET',
      'GET',
      `/pop/v1/sam/job/execJob?${execQuery}`,
      { 'x-acs-action': 'ExecJob' },
      '',
      'b91daa58f5a0ab090cbe6073359e4cbe0cfff04f214a11e374f86d4bbcb38104',
      'b7b1c233933adeb5a08b213edd5b102a0bddb100566e81dc2a36c1d35fdb850b',
    ],
    [
      'V3-B form POST',
      'POST',
      '/pop/v1/sam/job/createJob?AppName=demo&AutoConfig=false&ImageUrl=img%3A1&PackageType=Image&Replicas=2&Slice=true&SliceEnvs=%5B0%2C1%5D&Workload=job',
      { 'x-acs-action': 'CreateJob', 'content-type': formType },
      'EnableImageAccl=true&OssAkId=ak&PhpConfig=a%3Db%20c%26d',
      '29ff03fa1f578a53b3dc692fb49157690f49ac7b90b0ba5b87eb2139f27f8ac1',
      '3b38b9081b60e0fffd0cdad3f5b75dab6c32eab61cad71adf31c39870c5423d1',
    ],
    [
      'V3-C JSON POST',
      'POST',
      '/pop/v1/sam/configmap/configMap?Name=n&NamespaceId=cn-hangzhou%3Atest',
      {
        'x-acs-action': 'CreateConfigMap',
        'content-type': 'application/json; charset=utf-8',
      },
      '{"Data":"{\\"k\\":\\"v\\"}"}',
      '4b1156011680fa656b590fe7a023bd176f74770e5a12ddf5fd7be3a69704f3b9',
      'ea352f9b3bf3e16bf1e8768eb84e8a6900d672fc5168a95773294c00f9860556',
    ],
    [
      'V3-D STS GET',
      'GET',
      '/pop/v1/sam/job/listJobs?CurrentPage=1&NamespaceId=cn-hangzhou%3Atest&PageSize=20&Workload=job',
      { 'x-acs-action': 'ListJobs', 'x-acs-credentials-provider': 'static_sts', ...sts },
      '',
      '10d32439bf1608c7c05476bb8cf8792eed62edf5433571c71e8d789ead523fab',
      'f192e3be71f8a3e385dc11977f63bb6635e3a395067ab6cc2ae9da2df9e5803a',
    ],
  ];
  for (const [name, method, url, extra, body, canonicalHash, signature] of vectors) {
    it(name, () => {
      const headers: Headers = {
        host: '127.0.0.1:18080',
        'x-acs-content-sha256': hash('sha256', body),
        'x-acs-credentials-provider': 'static_ak',
        'x-acs-date': '2024-01-02T03:04:05Z',
        'x-acs-signature-nonce': nonce,
        'x-acs-version': '2019-05-06',
        ...extra,
      };
      const signedHeaders = Object.keys(headers).sort().join(';');
      const signed = request(
        method,
        url,
        {
          ...headers,
          authorization: `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${signedHeaders},Signature=${signature}`,
        },
        body,
      );
      const canonical = canonicalRequestV3(signed, signedHeaders, hashPayloadV3(signed.body));
      assert.equal(hash('sha256', canonical), canonicalHash);
      assertAccepted(signed, extra['x-acs-security-token']);
    });
  }
});

describe('V1 ROA vectors', () => {
  const common = {
    accept: 'application/json',
    date: 'Tue, 02 Jan 2024 03:04:05 GMT',
    'x-acs-signature-method': 'HMAC-SHA1',
    'x-acs-signature-nonce': nonce,
    'x-acs-signature-version': '1.0',
    'x-acs-version': '2019-05-06',
  };
  const current = { ...common, 'x-acs-credentials-provider': 'static_ak' };
  const emptyMd5 = {
    'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
    'content-type': 'application/json',
  };
  const createUrl =
    '/pop/v1/sam/job/createJob?AppName=demo&PackageType=Image&Replicas=2&Workload=job';
  const formBody = 'PhpConfig=a%3Db%20c%26d';
  const vectors: readonly [name: string, signature: string, SignedRequest, token?: string][] = [
    [
      'V1-A GET, current SDK',
      'LUJ4Ge8mQ76GHeeQDvcQJD1xlV4=',
      request('GET', `/pop/v1/sam/job/execJob?${execQuery}`, {
        ...current,
        'x-acs-action': 'ExecJob',
      }),
    ],
    [
      'V1-B form POST, current SDK',
      'mgK3pspaTfRLP8ZOSUz7bTjOA0g=',
      request(
        'POST',
        createUrl,
        { ...current, 'x-acs-action': 'CreateJob', 'content-type': formType },
        formBody,
      ),
    ],
    [
      'V1-C STS, current SDK',
      'DCAcC593T2NCgz2Cw6hB4cy1Cgo=',
      request('GET', '/pop/v1/sam/job/listJobs?Workload=job', {
        ...current,
        ...sts,
        'x-acs-action': 'ListJobs',
        'x-acs-credentials-provider': 'static_sts',
      }),
      'testStsToken',
    ],
    [
      'V1-D GET, pop-core',
      'rIzF99JzxonQDjswVCVqeKfOqaw=',
      request(
        'GET',
        '/pop/v1/sam/job/execJob?AppId=7171a6ca-d1cd-4928-8642-7d5cfe690000&CommandArgs=%5B%22a%20b%22%2C%22*~%22%5D',
        { ...common, ...emptyMd5 },
      ),
    ],
    [
      'V1-E form POST, pop-core',
      'hjKfPaTrESXjLJKLAkvRDha50zE=',
      request(
        'POST',
        createUrl,
        { ...common, 'content-md5': '5zg8+slwEnqsMlG+md22Ow==', 'content-type': formType },
        formBody,
      ),
    ],
    [
      'V1-F STS, pop-core',
      '8W7CMuaoqwtF9ShoopRfbe1ndoQ=',
      request('GET', '/pop/v1/sam/job/listJobs?Workload=job', { ...common, ...emptyMd5, ...sts }),
      'testStsToken',
    ],
  ];
  for (const [name, signature, unsigned, token] of vectors) {
    it(name, () => {
      const signed: SignedRequest = {
        ...unsigned,
        header: (header) =>
          header === 'authorization' ? `acs ${keyId}:${signature}` : unsigned.header(header),
      };
      assertAccepted(signed, token);
    });
  }

  it('V1-A string to sign', () => {
    const lines = stringToSignV1(vectors[0]?.[2] as SignedRequest).split('\n');
    assert.equal(lines.length, 12);
    assert.equal(
      lines[11],
      '/pop/v1/sam/job/execJob?AppId=7171a6ca-d1cd-4928-8642-7d5cfe690000&Command=echo&CommandArgs=["a b","*~"]&Replicas=3',
    );
  });

  const goStyles: readonly [name: string, url: string, resource: string][] = [
    ['an empty value without =', '/tags?A=&B=1', '/tags?A&B=1'],
    ['a ? without parameters', '/tags', '/tags?'],
  ];
  for (const [name, url, resource] of goStyles) {
    it(`accepts ${name}, as Go clients sign`, () => {
      const unsigned = request('GET', url, common);
      const head = stringToSignV1(unsigned).slice(0, stringToSignV1(unsigned).indexOf('/tags'));
      const signature = createHmac('sha1', 'testAccessKeySecret')
        .update(head + resource)
        .digest('base64');
      const headers = { ...common, authorization: `acs ${keyId}:${signature}` };
      assertAccepted(request('GET', url, headers));
    });
  }

  it('refuses a body that does not fit its digest', () => {
    const [, signature, unsigned] = vectors[4] as (typeof vectors)[number];
    const changed: SignedRequest = {
      ...unsigned,
      body: Buffer.from('PhpConfig=evil'),
      header: (header) =>
        header === 'authorization' ? `acs ${keyId}:${signature}` : unsigned.header(header),
    };
    assert.throws(
      () => readClaim(changed).verify(keys),
      (error) =>
        error instanceof WireError &&
        error.code === 'SignatureDoesNotMatch' &&
        error.message.endsWith(`server string to sign is:${stringToSignV1(changed)}`),
    );
  });
});

describe('RPC vectors', () => {
  const common = {
    AccessKeyId: keyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: nonce,
    SignatureVersion: '1.0',
    Timestamp: '2024-01-02T03:04:05Z',
    Version: '2019-05-06',
  };
  const vectors: readonly [string, string, string, Headers, Headers, string][] = [
    [
      'RPC-A GET',
      'GET',
      'eVIxv0y3NMqOQDdmoExL9A6/xRQ=',
      {
        ...common,
        Action: 'ListJobs',
        Format: 'JSON',
        NamespaceId: 'cn-hangzhou:test',
        Tags: '[{"key":"k *","value":"v~"}]',
        Workload: 'job',
      },
      {},
      '',
    ],
    [
      'RPC-B POST, query and form',
      'POST',
      'GPqxoN1C43fz7tTVUwPEuRrUR0I=',
      { ...common, Action: 'ListJobs', Format: 'json', Workload: 'job' },
      { PageSize: '20' },
      '',
    ],
    [
      'RPC-C POST, form with token',
      'POST',
      'R8kNvOI0U3H8g/K1BhOAJK8WIL0=',
      {},
      {
        ...common,
        Action: 'ExecJob',
        Format: 'JSON',
        AppId: 'x',
        Replicas: '3',
        SecurityToken: 'testStsToken',
      },
      'testStsToken',
    ],
  ];
  for (const [name, method, signature, query, form, token] of vectors) {
    it(name, () => {
      const fields = { ...form, ...(method === 'POST' ? { Signature: signature } : {}) };
      const inQuery = { ...query, ...(method === 'GET' ? { Signature: signature } : {}) };
      const signed = request(
        method,
        `/?${new URLSearchParams(inQuery)}`,
        { 'content-type': formType },
        String(new URLSearchParams(fields)),
      );
      assertAccepted(signed, token === '' ? undefined : token);
    });
  }

  it('RPC-A string to sign', () => {
    const signed = request('GET', `/?${new URLSearchParams(vectors[0]?.[3])}`, {});
    assert.equal(
      stringToSignRpc('GET', rpcParameters(signed)),
      'GET&%2F&AccessKeyId%3DtestAccessKeyId%26Action%3DListJobs%26Format%3DJSON%26NamespaceId%3Dcn-hangzhou%253Atest%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D0123456789abcdef0123456789abcdef%26SignatureVersion%3D1.0%26Tags%3D%255B%257B%2522key%2522%253A%2522k%2520%252A%2522%252C%2522value%2522%253A%2522v~%2522%257D%255D%26Timestamp%3D2024-01-02T03%253A04%253A05Z%26Version%3D2019-05-06%26Workload%3Djob',
    );
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isSecretName, mask, masked } from '../../../../src/dialects/kit/mask.ts';

suite('masking', () => {
  test('names that say so hold secrets, names of keys and places do not', () => {
    const secret = [
      'password',
      'DB_PASSWORD',
      'dbPasswd',
      'OssAkSecret',
      'API_TOKEN',
      'apiKey',
      'PRIVATE_KEY',
      'sealedSecret',
      'SSH_KEY',
      'awsCredentials'.slice(0, -1),
    ];
    const plain = [
      'name',
      'key',
      'monkey',
      'OssAkId',
      'accessKeyId',
      'secretName',
      'KEYBOARD',
      'tokenId',
    ];
    assert.deepEqual(
      secret.filter((name) => !isSecretName(name)),
      [],
    );
    assert.deepEqual(plain.filter(isSecretName), []);
  });

  test('members, pairs, and both within JSON texts are masked; the rest stays to the letter', () => {
    const spaced = '[ {"name": "A", "value": "1"} ]';
    assert.deepEqual(
      masked({
        env: { DB_PASSWORD: 'x', HOME: '/root', PIN_TOKEN: 42, EMPTY_SECRET: '' },
        pairs: [
          { name: 'API_KEY', value: 'k' },
          { name: 'other', value: 'v' },
        ],
        text: '{"user":"me","password":"p"}',
        Envs: '[{"name":"S_TOKEN","value":"t"},{"name":"A","value":"b"}]',
        spaced,
        broken: '{"password": "p"',
        list: [1, null, true],
      }),
      {
        env: { DB_PASSWORD: mask, HOME: '/root', PIN_TOKEN: mask, EMPTY_SECRET: '' },
        pairs: [
          { name: 'API_KEY', value: mask },
          { name: 'other', value: 'v' },
        ],
        text: `{"user":"me","password":"${mask}"}`,
        Envs: `[{"name":"S_TOKEN","value":"${mask}"},{"name":"A","value":"b"}]`,
        spaced,
        broken: '{"password": "p"',
        list: [1, null, true],
      },
    );
  });

  test('what is nested without end is left out, and members of odd names make no prototypes', () => {
    let deep: unknown = { password: 'p' };
    for (let n = 0; n < 100; n++) deep = [deep];
    assert.ok(!JSON.stringify(masked(deep)).includes('"p"'));
    const odd = masked(JSON.parse('{"__proto__": {"password": "p"}}')) as object;
    assert.equal(Object.getPrototypeOf(odd), Object.prototype);
    assert.ok(!JSON.stringify(odd).includes('"p"'));
  });
});

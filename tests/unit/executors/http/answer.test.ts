import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpArtifact } from '../../../../src/domain/template.ts';
import { type Answer, answerProblem, resultOf } from '../../../../src/executors/http/answer.ts';

const answer = (body: string | Buffer, more: Partial<Answer> = {}): Answer => ({
  status: 200,
  statusText: 'OK',
  contentType: '',
  body: Buffer.from(body),
  complete: true,
  note: '',
  ...more,
});

const status = { kind: 'status' } as const;
const member = (value: string, name = 'code') => ({ kind: 'member', name, value }) as const;
const whole = (value: string) => ({ kind: 'body', value }) as const;

const rows: readonly (readonly [string, HttpArtifact['success'], Answer, RegExp | null])[] = [
  ['200', status, answer(''), null],
  ['204', status, answer('', { status: 204 }), null],
  ['cut', status, answer('x', { complete: false }), null],
  [
    '404',
    status,
    answer('x', { status: 404, statusText: 'Not Found' }),
    /^answered 404 Not Found$/,
  ],
  ['302', status, answer('', { status: 302, statusText: '', note: 'why' }), /^answered 302; why$/],
  ['a member', member('200'), answer('{"code":"200"}'), null],
  ['a number', member('200'), answer(' {"code":200}\n'), null],
  ['true', member('true', 'ok'), answer('{"ok":true}'), null],
  ['an object', member('{"a":1}'), answer('{"code":{"a":1}}'), null],
  ['an array has members too', member('7', '1'), answer('[6,7]'), null],
  ['a 500 with the member', member('200'), answer('{"code":200}', { status: 500 }), null],
  [
    'another value',
    member('200'),
    answer('{"code":500}'),
    /"code" of the answer is 500 instead of 200/,
  ],
  ['no member', member('200'), answer('{}'), /no JSON object with the member "code"/],
  ['an inherited member', member('x', 'toString'), answer('{}'), /no JSON object/],
  ['no JSON', member('200'), answer('code=200'), /no JSON object/],
  ['null', member('200'), answer('null'), /no JSON object/],
  [
    'half an answer',
    member('200'),
    answer('{"code":200}', { complete: false }),
    /longer than 262144/,
  ],
  ['the body', whole('success'), answer('success\n'), null],
  ['another body', whole('success'), answer('no success'), /is "no success" instead of "success"/],
  ['a long body', whole('x'), answer('y'.repeat(500)), /is "y{100}…" instead of/],
];

describe('what counts as success', () => {
  for (const [name, success, given, expected] of rows) {
    test(name, () => {
      const problem = answerProblem(success, given);
      if (expected === null) assert.equal(problem, null);
      else assert.match(problem ?? '', expected);
    });
  }
});

describe('the result', () => {
  test('is the beginning, without half a character', () => {
    const result = resultOf(answer(`a${'港'.repeat(1_000)}`));
    assert.equal(result, `a${'港'.repeat(333)}`);
  });

  test('is read in the character set of the answer', () => {
    const gbk = answer(Buffer.from([0xb8, 0xdb]), { contentType: 'text/plain; charset="GBK"' });
    assert.equal(resultOf(gbk), '港');
    const unknown = answer('ok', { contentType: 'text/plain; charset=no-such' });
    assert.equal(resultOf(unknown), 'ok');
  });
});

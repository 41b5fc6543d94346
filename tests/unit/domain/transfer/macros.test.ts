import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DomainError } from '../../../../src/domain/errors.ts';
import { MacroError } from '../../../../src/domain/transfer/macro-syntax.ts';
import {
  mapTexts,
  refuseParentSegments,
  resolveText,
  undefinedNames,
  type MacroScope,
} from '../../../../src/domain/transfer/macros.ts';

const usual: MacroScope = {
  variables: {},
  environment: {},
  instantMs: Date.parse('2017-10-16T09:00:00+08:00'),
  timezone: 'GMT+8',
  tableName: 'orders',
  version: '2.9.2.200',
  custom: {
    host: '10.0.0.1',
    database: 'shop',
    fromLinkName: 'my',
    schemaName: 'public',
    tableName: 'orders',
  },
  timestampUnit: 'ms',
  allowMonths: true,
  keepValue: false,
};

function resolved(text: string, scope: Partial<MacroScope> = {}): string {
  return resolveText(text, { ...usual, ...scope });
}

function wrong(text: string, scope: Partial<MacroScope> = {}): MacroError {
  try {
    resolved(text, scope);
  } catch (error) {
    assert.ok(error instanceof MacroError, String(error));
    return error;
  }
  return assert.fail(`${text} was resolved`);
}

describe('check values (cdm.md §6.2)', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['${dateformat(yyyy-MM-dd)}', '2017-10-16'],
    ['${dateformat(yyyy/MM/dd)}', '2017/10/16'],
    ['${dateformat(yyyy_MM_dd HH:mm:ss)}', '2017_10_16 09:00:00'],
    ['${dateformat(yyyy-MM-dd HH:mm:ss, -1, DAY)}', '2017-10-15 09:00:00'],
    ['${dateformat(yyyy-MM-dd, -1, DAY)} 12:00:00', '2017-10-15 12:00:00'],
    ['${timestamp()}', '1508115600000'],
    ['${timestamp(-10, MINUTE)}', '1508115000000'],
    ['${timestamp(dateformat(yyyyMMdd))}', '1508083200000'],
    ['${timestamp(dateformat(yyyyMMdd,-1,DAY))}', '1507996800000'],
    ['${timestamp(dateformat(yyyyMMddHH))}', '1508115600000'],
    ["DS='${dateformat(yyyy-MM-dd,-1,DAY)}'", "DS='2017-10-15'"],
    [
      'time between ${timestamp(-1,DAY)} and ${timestamp()}',
      'time between 1508029200000 and 1508115600000',
    ],
  ];
  for (const [text, expected] of rows) {
    for (const timezone of ['GMT+8', 'Asia/Shanghai']) {
      test(`${text} in ${timezone}`, () => assert.equal(resolved(text, { timezone }), expected));
    }
  }

  const shifts: readonly (readonly [string, string, string])[] = [
    ['2023-03-01T09:00:00', '-1, YEAR', '2022-03-01 09:00:00'],
    ['2023-03-01T09:00:00', '-3, MONTH', '2022-12-01 09:00:00'],
    ['2023-03-01T09:00:00', '-1, DAY', '2023-02-28 09:00:00'],
    ['2023-03-01T09:00:00', '-1, HOUR', '2023-03-01 08:00:00'],
    ['2023-03-01T09:00:00', '-1, MINUTE', '2023-03-01 08:59:00'],
    ['2023-03-01T09:00:00', '-1, SECOND', '2023-03-01 08:59:59'],
    ['2023-03-31T00:00:00', '-1, MONTH', '2023-02-28 00:00:00'],
    ['2023-03-31T00:00:00', '+13, month', '2024-04-30 00:00:00'],
    ['2024-02-29T00:00:00', '1, YEAR', '2025-02-28 00:00:00'],
  ];
  for (const [base, shift, expected] of shifts) {
    test(`${base} ${shift}`, () => {
      const instantMs = Date.parse(`${base}+08:00`);
      const text = `\${dateformat(yyyy-MM-dd HH:mm:ss, ${shift})}`;
      assert.equal(resolved(text, { instantMs }), expected);
    });
  }
});

describe('names', () => {
  test('variables hide the environment, which hides what is built in', () => {
    const environment = { tableName: 'env', day: 'env' };
    assert.equal(resolved('${tableName}-${ version }'), 'orders-2.9.2.200');
    assert.equal(resolved('${tableName} ${day}', { environment }), 'env env');
    assert.equal(
      resolved('${tableName} ${day}', { environment, variables: { day: 'run' } }),
      'env run',
    );
  });
  test('what a variable gives is not looked at again', () => {
    const variables = { a: '${b}', b: '$${c}', 'x.y-z': '#{', dateformat: 'named' };
    assert.equal(
      resolved('${a} ${b} ${x.y-z} ${dateformat}', { variables }),
      '${b} $${c} #{ named',
    );
  });
  test('one that nothing defines is named', () => {
    const error = wrong('a ${missing} b');
    assert.equal(error.macro, 'missing');
    assert.ok(error.isUndefined && error instanceof DomainError);
    assert.equal(error.code, 'invalid-argument');
    assert.match(error.message, /the variable missing has no value/);
    // Names of the prototype are not defined either.
    assert.equal(wrong('${constructor}').macro, 'constructor');
    assert.equal(wrong('${tableName}', { tableName: null }).macro, 'tableName');
  });
  test('all of them are found beforehand', () => {
    const text = "${a} ${dateformat(yyyy)} ${b} ${a} #{${c}} $${d} ${value} '${version}'";
    assert.deepEqual(undefinedNames(text, usual), ['a', 'b', 'value']);
    assert.deepEqual(undefinedNames(text, { ...usual, keepValue: true, variables: { b: '' } }), [
      'a',
    ]);
  });
  test('a NUL is refused, without showing the value', () => {
    const { message } = wrong('${a}', { variables: { a: 'sec\0ret' } });
    assert.match(message, /variable a holds a NUL/);
    assert.ok(!message.includes('sec'));
  });
  test('custom tells of the source', () => {
    assert.equal(
      resolved('${custom(host)}/${custom(database)}/${custom(fromLinkName)}.${custom(tableName)}'),
      '10.0.0.1/shop/my.orders',
    );
    assert.match(
      wrong('${custom(host)}', { custom: { ...usual.custom, host: null } }).message,
      /no such thing/,
    );
    assert.match(wrong('${custom(port)}').message, /takes one of host, database/);
  });
});

describe('left as it is', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['no macro $ { } $5 #{', 'no macro $ { } $5 #{'],
    ['$${day} $${', '${day} ${'],
    ['$$${version}', '$${version}'],
    ['#{value == "${day}" ? "}" : 1} ${version}', '#{value == "${day}" ? "}" : 1} 2.9.2.200'],
    ["#{ '\\'}' } ${version}", "#{ '\\'}' } 2.9.2.200"],
    ['#{ open ${version}', '#{ open 2.9.2.200'],
  ];
  for (const [text, expected] of rows) {
    test(text, () => assert.equal(resolved(text), expected));
  }
  test('${value} where filters of partitions mean their own', () => {
    const filter = '${value} >= ${dateformat(yyyy)} && ${ value } < 9';
    assert.equal(
      resolved(filter, { keepValue: true, variables: { value: 'x' } }),
      '${value} >= 2017 && ${ value } < 9',
    );
    assert.equal(resolved('${value}', { variables: { value: 'x' } }), 'x');
  });
});

describe('patterns within macros', () => {
  const rows: readonly (readonly [string, string])[] = [
    ["${dateformat(yyyy-MM-dd'T'HH:mm:ss)}", '2017-10-16T09:00:00'],
    ["${dateformat('}, )'yyyy)}", '}, )2017'],
    ['${dateformat(EEE, d MMM yyyy)}', 'Mon, 16 Oct 2017'],
    ['${dateformat(EEE, d MMM yyyy, -1, DAY)}', 'Sun, 15 Oct 2017'],
    ["${dateformat(yyyy',1,DAY')}", '2017,1,DAY'],
    ["${timestamp( dateformat(yyyy-MM-dd'T'HH, -1, hour) )}", '1508112000000'],
    ['${timestamp(dateformat(HH:mm))}', '3600000'],
  ];
  for (const [text, expected] of rows) {
    test(text, () => assert.equal(resolved(text), expected));
  }
});

describe('what is no macro', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['${}', /"\$\{\}" is no macro: it is neither a name/],
    ['${a b}', /is neither a name/],
    ['${1a}', /is neither a name/],
    ['${a', /no closing brace; write \$\$\{…\} for the plain text/],
    ["${dateformat(yyyy'T)}", /no closing brace/],
    ["${dateformat(yyyy'T')", /no closing brace/],
    ['${dateformat()}', /needs a pattern/],
    ['${dateformat(yyyy, 1, WEEK)}', /units are SECOND, MINUTE/],
    ['${dateformat(yyyy-MM-dd n)}', /"n" is no letter of date patterns/],
    ['${dateformat(XXXX)}', /"X" may stand three times at most/],
    ['${dateformat(yyyy)) }', /put "\)" in quotes/],
    ['${timestamp(1)}', /timestamp\(…\) takes nothing, a number and a unit/],
    ['${timestamp(1, DAYS)}', /units are/],
    ['${timestamp(99999999999999999999, DAY)}', /outside the years 1 to 9999/],
    [`\${dateformat(${'y'.repeat(300)})}`, /300 characters; at most 256/],
  ];
  for (const [text, expected] of rows) {
    test(text.slice(0, 40), () => assert.match(wrong(text).message, expected));
  }
  test('months where they are not allowed', () => {
    const refused = wrong('${dateformat(yyyy-MM-dd,-1,MONTH)}', { allowMonths: false });
    assert.match(refused.message, /MONTH is not allowed here/);
    assert.match(wrong('${timestamp(1,YEAR)}', { allowMonths: false }).message, /YEAR is not/);
    assert.equal(resolved('${dateformat(dd,-1,DAY)}', { allowMonths: false }), '15');
  });
  test('beyond the bounds', () => {
    assert.match(wrong(`\${a}${'x'.repeat(1_048_577)}`).message, /at most 1048576/);
    assert.match(wrong('#{'.repeat(10_001) + '${a}').message, /more than 10000 macros/);
    const variables = { a: 'x'.repeat(1_000_000) };
    assert.match(wrong('${a}'.repeat(5), { variables }).message, /more than 4194304 characters/);
  });
});

test('in names of files timestamps are seconds', () => {
  const scope = { timestampUnit: 's' } as const;
  assert.equal(resolved('${timestamp()}-${timestamp(1,DAY)}', scope), '1508115600-1508202000');
});

describe('changing clocks', () => {
  const berlin = (instant: string, text: string): string =>
    resolved(text, { timezone: 'Europe/Berlin', instantMs: Date.parse(instant) });

  test('days are those of the calendar, hours elapse', () => {
    const format = (shift: string): string => `\${dateformat(yyyy-MM-dd HH:mm Z, ${shift})}`;
    // 2026-03-29 has 23 hours.
    assert.equal(berlin('2026-03-29T12:00:00Z', format('-1, DAY')), '2026-03-28 14:00 +0100');
    assert.equal(berlin('2026-03-29T12:00:00Z', format('-24, HOUR')), '2026-03-28 13:00 +0100');
    // 02:30 does not exist.
    assert.equal(berlin('2026-03-28T01:30:00Z', format('1, DAY')), '2026-03-29 03:30 +0200');
    // 02:30 comes twice: seen from the time after the change, it is the second.
    assert.equal(berlin('2026-10-26T01:30:00Z', format('-1, DAY')), '2026-10-25 02:30 +0100');
    assert.equal(berlin('2026-10-24T00:30:00Z', format('1, DAY')), '2026-10-25 02:30 +0200');
  });
  test('a time that comes twice is read back as the one it was', () => {
    const text = '${timestamp(dateformat(yyyyMMddHHmmss))}';
    for (const instant of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']) {
      assert.equal(berlin(instant, text), String(Date.parse(instant)));
    }
  });
  test('the day begins at its first moment', () => {
    const text = '${timestamp(dateformat(yyyyMMdd))}';
    assert.equal(berlin('2026-03-29T12:00:00Z', text), `${Date.parse('2026-03-28T23:00:00Z')}`);
    // In Havana midnight itself is skipped: the day begins at 01:00.
    const havana = { timezone: 'America/Havana', instantMs: Date.parse('2026-03-08T12:00:00Z') };
    assert.equal(resolved(text, havana), `${Date.parse('2026-03-08T05:00:00Z')}`);
  });
});

test('trees keep their shape, and tell where a text stands', () => {
  const tree = { from: { paths: ['a', '${version}'], n: 1, no: null, yes: true }, to: '${x}' };
  const places: string[] = [];
  const mapped = mapTexts(tree, (text, path) => {
    places.push(path);
    return text === '${version}' ? resolved(text) : text;
  });
  assert.deepEqual(mapped, { ...tree, from: { ...tree.from, paths: ['a', '2.9.2.200'] } });
  assert.deepEqual(places, ['from.paths[0]', 'from.paths[1]', 'to']);
  const evil = JSON.parse('{"__proto__": {"a": "b"}}') as { readonly a: string };
  assert.ok(Object.hasOwn(Object(mapTexts(evil, (text) => text)), '__proto__'));
});

test('paths do not lead up', () => {
  refuseParentSegments('/data/a..b/...', 'directory');
  for (const path of ['..', 'a/../b', 'a\\..']) {
    assert.throws(() => refuseParentSegments(path, 'directory'), /directory is .* not allowed/);
  }
});

describe('whatever the text', () => {
  const pieces = fc.constantFrom(
    '${',
    '}',
    '$',
    '#{',
    '$${',
    'dateformat(',
    'timestamp(',
    'custom(',
    ')',
    ',',
    "'",
    '"',
    'yyyy',
    'MM',
    'G',
    'XXX',
    'z',
    'EEEE',
    ' ',
    '-1',
    'DAY',
    'MONTH',
    'tableName',
    'a',
    '\\',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 30 }).map((list) => list.join('')),
    fc.string().map((pattern) => `\${timestamp(dateformat(${pattern}))}`),
    fc.array(fc.constantFrom(...'GyYMLwWDdFEuaHkKhmsSzZX-:')).map((list) => {
      return `\${timestamp(dateformat(${list.join('')}))}`;
    }),
  );
  const timezone = fc.constantFrom('GMT+8', 'UTC', 'Europe/Berlin', 'America/St_Johns');
  test('nothing but a MacroError is thrown', () => {
    fc.assert(
      fc.property(text, timezone, (given, zone) => {
        try {
          assert.equal(typeof resolved(given, { timezone: zone }), 'string');
        } catch (error) {
          assert.ok(error instanceof MacroError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
  test('without ${ it is unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        const plain = given.replaceAll('${', '');
        assert.equal(resolved(plain), plain);
      }),
    );
  });
});

/** XML answers, read by a parser that the vendor's clients use. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { escapeXml, xmlDocument } from '../../../src/dialects/schedulerx/xml.ts';

const require = createRequire(import.meta.url);
const { parseStringPromise } = createRequire(require.resolve('@alicloud/tea-xml'))('xml2js') as {
  parseStringPromise(text: string, options: object): Promise<Record<string, unknown>>;
};
const parse = (text: string) => parseStringPromise(text, { explicitArray: false });

describe('XML', () => {
  test('members, lists without a wrapper, lists of texts, nothing for what is absent', async () => {
    const text = xmlDocument('ListResponse', {
      Code: 200,
      Success: true,
      Message: undefined,
      Data: {
        Logs: ['a', 'b'],
        Jobs: [
          { JobId: 1, Tags: [] },
          { JobId: 2, Name: '' },
        ],
        Nothing: null,
      },
    });
    assert.equal(
      text,
      '<?xml version="1.0" encoding="UTF-8"?><ListResponse><Code>200</Code><Success>true</Success>' +
        '<Data><Logs>a</Logs><Logs>b</Logs><Jobs><JobId>1</JobId></Jobs>' +
        '<Jobs><JobId>2</JobId><Name></Name></Jobs></Data></ListResponse>',
    );
    assert.deepEqual(await parse(text), {
      ListResponse: {
        Code: '200',
        Success: 'true',
        Data: { Logs: ['a', 'b'], Jobs: [{ JobId: '1' }, { JobId: '2', Name: '' }] },
      },
    });
  });

  test('any text comes back, but for what XML cannot say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (value) => {
        // Marks around it keep the parser from trimming.
        const read = await parse(xmlDocument('R', { V: `|${value}|` }));
        const sayable = value
          .toWellFormed()
          // oxlint-disable-next-line no-control-regex
          .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
        assert.deepEqual(read, { R: { V: `|${sayable}|` } });
      }),
      { numRuns: 500 },
    );
  });

  test('a name that is a text of the caller is no tag', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), async (name) => {
        await parse(xmlDocument(`${name}Response`, { [name]: 'v' }));
      }),
      { numRuns: 300 },
    );
    assert.equal(escapeXml('<a>&'), '&lt;a&gt;&amp;');
  });
});

/** Whatever is sent to operations about links, jobs and submissions, the server answers as the contract says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { driverInputs } from '../../../src/dialects/cdm/translate/inputs/driver.ts';
import { fromInputs } from '../../../src/dialects/cdm/translate/inputs/from.ts';
import { linkInputs } from '../../../src/dialects/cdm/translate/inputs/links.ts';
import { toInputs } from '../../../src/dialects/cdm/translate/inputs/to.ts';
import type { InputSpec, InputTable } from '../../../src/dialects/cdm/values/settings.ts';
import type { SdkFailure } from '../huawei/harness.ts';
import { job, shareLink, sqliteLink, startCdmProgram, values } from './program.ts';

const json = fc.jsonValue({ maxDepth: 3 });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    'true',
    '1',
    '0',
    '-1',
    '99999999999',
    '%00',
    '%',
    '${x}',
    '${',
    '#{',
    '..',
    '[',
    '{',
    '(',
    '&',
    ':',
  ),
);
const anyValue = fc.oneof({ weight: 4, arbitrary: text }, json);

/** Values that the type of an input takes. */
function fitting({ type, choices = [] }: InputSpec): fc.Arbitrary<unknown> {
  switch (type) {
    case 'flag':
      return fc.constantFrom('true', 'false', false, 'TRUE');
    case 'integer':
      return fc.constantFrom('1', 2, '50');
    case 'choice':
      return fc.constantFrom(...choices.flatMap((choice) => choice.split('=')));
    case 'map':
      return fc.constantFrom({ a: 'b' }, 'a=b&c=d', [{ name: 'a', value: 'b' }]);
    default:
      return fc.constantFrom('a', 'a&b', '1', '', '%20x%25', 'utf-8');
  }
}

/** Inputs of a table, with the words that it knows and with anything. */
function inputs(tables: readonly InputTable[]): fc.Arbitrary<Record<string, unknown>> {
  const each = tables.flatMap(({ prefix, specs }) =>
    specs
      .filter(({ effect }) => effect !== 'refused')
      .map((spec) =>
        fc.tuple(
          fc.constant(`${prefix}${spec.name}`),
          fc.oneof({ weight: 12, arbitrary: fitting(spec) }, anyValue),
        ),
      ),
  );
  return each.length === 0
    ? fc.constant({})
    : fc.array(fc.oneof(...each), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs));
}

const connectorNames = Object.keys(linkInputs);
const link = fc.constantFrom(...connectorNames).chain((connector) =>
  inputs(linkInputs[connector] ?? []).map((given) => ({
    name: `fuzz-${connector}`,
    'connector-name': connector,
    'link-config-values': values(given),
  })),
);
const fileFormats = ['CSV_FILE', 'JSON_FILE', 'PARQUET_FILE', 'BINARY_FILE'];
const must = (prefix: string, kind: string) => ({
  [`${prefix}.tableName`]: 't',
  [`${prefix}.table`]: 't',
  [`${prefix}.schemaName`]: 's',
  [`${prefix}.bucketName`]: 'b',
  [`${prefix}.inputDirectory`]: 'in',
  [`${prefix}.outputDirectory`]: 'out',
  [`${prefix}.inputFormat`]: kind,
  [`${prefix}.outputFormat`]: kind,
});
const links: Readonly<Record<string, string>> = {
  'generic-jdbc-connector': 'db',
  'obs-connector': 'obs',
  'sftp-connector': 'sftp',
  'ftp-connector': 'ftp',
  'nas-connector': 'nas',
  'hdfs-connector': 'hdfs',
  'hive-connector': 'hive',
  'http-connector': 'http',
};
const wireJob = fc
  .tuple(
    fc.constantFrom(...connectorNames),
    fc.constantFrom(...connectorNames),
    fc.constantFrom(...fileFormats),
  )
  .chain(([from, to, kind]) => {
    const sides = (table: InputTable | undefined) => inputs(table === undefined ? [] : [table]);
    return fc
      .record({
        from: sides(fromInputs[from]).map((given) => ({
          ...must('fromJobConfig', kind),
          ...given,
        })),
        to: sides(toInputs[to]).map((given) => ({ ...must('toJobConfig', kind), ...given })),
        driver: inputs(driverInputs),
        type: fc.constantFrom('NORMAL_JOB', 'NORMAL_JOB', 'BATCH_JOB', 'SCENARIO_JOB'),
      })
      .map((given) =>
        job('fuzz', { from: links[from] ?? '', to: links[to] ?? '' }, given, {
          job_type: given.type,
        }),
      );
  });

test('no request is answered by a failure of the server', async (t) => {
  const { cdm, api, clusterId, server } = await startCdmProgram(t, { testLinks: false });
  const file = (name: string, connector: string, given: Record<string, unknown>) => ({
    name,
    'connector-name': connector,
    'link-config-values': values(given),
  });
  const address = {
    'linkConfig.server': 'h',
    'linkConfig.username': 'u',
    'linkConfig.password': 'p',
  };
  await cdm('POST', '/link', {
    links: [
      sqliteLink('db', 'a.db'),
      shareLink('nas'),
      file('sftp', 'sftp-connector', address),
      file('ftp', 'ftp-connector', address),
      file('http', 'http-connector', {}),
      file('hdfs', 'hdfs-connector', { 'linkConfig.uri': 'file:///h' }),
      file('hive', 'hive-connector', { 'linkConfig.uri': 'file:///w' }),
      file('obs', 'obs-connector', {
        'linkConfig.server': 'h',
        'linkConfig.accessKey': 'a',
        'linkConfig.securityKey': 's',
      }),
    ],
  });
  let accepted = 0;
  /** Whether it was accepted; every refusal must have a code of the contract. */
  const answered = async (call: Promise<unknown>): Promise<boolean> => {
    try {
      await call;
      accepted += 1;
      return true;
    } catch (error) {
      const { httpStatusCode, errorCode, errorMsg } = error as SdkFailure;
      assert.ok(httpStatusCode >= 400 && httpStatusCode < 500, `${httpStatusCode} ${errorMsg}`);
      assert.match(errorCode, /^(?:Cdm\.\d{4}|APIGW\.\d{4})$/, errorMsg);
      return false;
    }
  };

  await t.test('jobs of every pair of connectors', async () => {
    await fc.assert(
      fc.asyncProperty(wireJob, async (wire) => {
        if (!(await answered(cdm('POST', '/job', { jobs: [wire] })))) return;
        const shown = (await cdm('GET', '/job/fuzz'))['jobs'] as readonly unknown[];
        assert.equal((await cdm('PUT', '/job/fuzz', { jobs: shown })).httpStatusCode, 200);
        const again = (await cdm('GET', '/job/fuzz'))['jobs'];
        const plain = (rows: unknown) => JSON.stringify(rows).replace(/"update-date":\d+/, '');
        assert.equal(plain(again), plain(shown));
        await cdm('DELETE', '/job/fuzz');
      }),
      { numRuns: 400 },
    );
    assert.ok(accepted > 20, `only ${accepted} jobs were accepted: the rest says little`);
  });

  await t.test('links of every connector', async () => {
    await fc.assert(
      fc.asyncProperty(link, async (wire) => {
        if (!(await answered(cdm('POST', '/link', { links: [wire] })))) return;
        const shown = (await cdm('GET', `/link/${wire.name}`))['links'];
        await cdm('PUT', `/link/${wire.name}`, { links: shown });
        await cdm('DELETE', `/link/${wire.name}`);
      }),
      { numRuns: 200 },
    );
  });

  await t.test('bodies, names and queries of any kind', async () => {
    await cdm('POST', '/job', {
      jobs: [
        job(
          'there',
          { from: 'db', to: 'db' },
          { from: must('fromJobConfig', ''), to: must('toJobConfig', '') },
          { enabled: false },
        ),
      ],
    });
    const routes: readonly (readonly [string, string])[] = [
      ['POST', '/job'],
      ['PUT', '/job/{name}'],
      ['GET', '/job/{name}'],
      ['DELETE', '/job/{name}'],
      ['PUT', '/job/{name}/start'],
      ['PUT', '/job/{name}/stop'],
      ['GET', '/job/{name}/status'],
      ['GET', '/submissions'],
      ['POST', '/link'],
      ['PUT', '/link/{name}'],
      ['GET', '/link/{name}'],
      ['DELETE', '/link/{name}'],
    ];
    const name = fc.oneof(
      fc.constantFrom('there', 'db', 'all', 'nobody'),
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 8 })
        .map((any) => encodeURIComponent(any.toWellFormed())),
    );
    const body = fc.oneof(
      json,
      fc.record({
        jobs: fc.oneof(
          json,
          fc.array(
            fc.dictionary(
              fc.constantFrom(
                'name',
                'job_type',
                'from-link-name',
                'to-link-name',
                'from-config-values',
                'to-config-values',
                'driver-config-values',
                'enabled',
              ),
              fc.oneof(json, fc.constant('db'), fc.constant(values())),
            ),
          ),
        ),
      }),
      fc.record({
        links: fc.oneof(
          json,
          fc.array(
            fc.dictionary(fc.constantFrom('name', 'connector-name', 'link-config-values'), json),
          ),
        ),
      }),
      fc.record({ variables: json }),
      fc.record({ jobs: fc.constant([{}]), clusters: json }),
    );
    const query = fc.dictionary(
      fc.constantFrom('filter', 'page_no', 'page_size', 'jobType', 'jname', 'validate'),
      fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('1', '10', '-1', 'true', 'NORMAL_JOB')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        name,
        body,
        query,
        async ([method, path], who, given, asked) => {
          await answered(
            cdm(
              method,
              path.replace('{name}', who),
              method === 'GET' || method === 'DELETE' ? undefined : given,
              asked,
            ),
          );
        },
      ),
      { numRuns: 400 },
    );
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        await answered(api('POST', '/clusters/job', given));
        await answered(
          api('POST', '/clusters/job', { ...(given as object), clusters: [clusterId] }),
        );
      }),
      { numRuns: 60 },
    );
  });

  assert.doesNotMatch(server.program.stderr(), /request failed/);
});

import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { Engine } from '../../../engine/index.ts';
import { defineOperation, json, nothing } from '../operation.ts';
import { ProblemError } from '../problem.ts';
import { closed, defaultPageSize, maxPageSize } from '../views/common.ts';
import {
  LogRecordPage,
  logPageView,
  LogStoreList,
  logStoreParams,
  logStoreView,
  optionalText,
} from '../views/logstore.ts';

const group = 'logstores';

const time = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description }));

function logsOf({ logs }: Engine): NonNullable<Engine['logs']> {
  if (logs !== null) return logs;
  throw new DomainError(
    'unavailable',
    'this server keeps no log stores: logStores.enabled is false',
  );
}

function noSuch({ project, logstore }: { project: string; logstore: string }): ProblemError {
  return new ProblemError(
    'log-not-found',
    `there is no log store ${project}/${logstore} on this server`,
    'List what exists: longshore logstores list. One is made with the first line that is collected.',
  );
}

const list = defineOperation({
  name: 'ListLogStores',
  method: 'GET',
  path: '/logstores',
  group,
  summary: 'Log stores of this server’s host, by project and name.',
  reply: {
    status: 200,
    type: 'application/json',
    schema: LogStoreList,
    description: 'All log stores.',
  },
  async handle(_call, { engine }) {
    return json({ rows: (await logsOf(engine).list()).map(logStoreView) });
  },
});

const search = defineOperation({
  name: 'SearchLogStore',
  method: 'GET',
  path: '/logstores/{project}/{logstore}/records',
  group,
  summary:
    'Collected lines that fit, newest first. One call looks through a bounded part; the cursor goes on.',
  params: logStoreParams,
  query: Type.Object(
    {
      query: Type.Optional(
        Type.String({
          maxLength: 1024,
          description: 'Text that the line contains, whatever the case.',
        }),
      ),
      from: time('Collected at or after this time, milliseconds since the epoch.'),
      to: time('Collected before this time.'),
      template: optionalText('Id or name of the template.'),
      run: optionalText('Id of the run.'),
      order: Type.Optional(Type.Enum(['newest', 'oldest'], { default: 'newest' })),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxPageSize,
          default: defaultPageSize,
          description: 'Lines to return at most.',
        }),
      ),
      cursor: Type.Optional(
        Type.String({ maxLength: 64, description: 'From the answer before, in the same order.' }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: LogRecordPage,
    description: 'A part of the lines.',
  },
  async handle({ params, query }, { engine }) {
    const page = await logsOf(engine).search(params, {
      ascending: query.order === 'oldest',
      limit: query.limit ?? defaultPageSize,
      ...(query.query === undefined ? {} : { contains: query.query }),
      ...(query.from === undefined ? {} : { fromMs: query.from }),
      ...(query.to === undefined ? {} : { toMs: query.to }),
      ...(query.template === undefined ? {} : { template: query.template }),
      ...(query.run === undefined ? {} : { runId: query.run }),
      ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    });
    if (page === null) throw noSuch(params);
    return json(logPageView(page));
  },
});

const remove = defineOperation({
  name: 'DeleteLogStore',
  method: 'DELETE',
  path: '/logstores/{project}/{logstore}',
  group,
  summary: 'Removes all its lines. What still runs goes on collecting into it.',
  params: logStoreParams,
  reply: { status: 204, type: null, description: 'Done.' },
  async handle({ params }, { engine }) {
    if (!(await logsOf(engine).remove(params))) throw noSuch(params);
    return nothing;
  },
});

export const logStoreOperations = [list, search, remove] as const;

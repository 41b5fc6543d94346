import { Type } from 'typebox';
import { nextOffset, offsetPageOf, offsetPaging, searchText } from '../offset-cursor.ts';
import { defineOperation, json } from '../operation.ts';
import { WorkerGroupPage, workerGroupView } from '../views/workers.ts';

const list = defineOperation({
  name: 'ListWorkers',
  method: 'GET',
  path: '/workers',
  group: 'workers',
  summary: 'Groups that workers register in, each with its live workers and what they report.',
  query: Type.Object({ ...offsetPaging, search: searchText }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: WorkerGroupPage,
    description: 'Groups, the oldest first.',
  },
  async handle({ query }, { engine, insights }) {
    const { offset, limit } = offsetPageOf(query);
    const insight = insights.find(({ workerGroups }) => workerGroups !== undefined);
    const page = await insight?.workerGroups?.list({ search: query.search ?? '', offset, limit });
    if (insight === undefined || page === undefined) {
      return json({ rows: [], nextCursor: null, total: 0 });
    }
    return json({
      rows: page.rows.map((group) =>
        workerGroupView(insight.dialect, group, engine.workers(group.number)),
      ),
      nextCursor: nextOffset(offset, page.rows.length, page.total),
      total: page.total,
    });
  },
});

export const workerOperations = [list] as const;

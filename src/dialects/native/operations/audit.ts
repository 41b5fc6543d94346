import { Type } from 'typebox';
import {
  auditCursorPattern,
  auditFilters,
  cursorOf,
  exportLines,
  followLines,
  positionOf,
  searchOf,
} from '../audit-search.ts';
import { defineOperation, json } from '../operation.ts';
import { createStreamLimit } from '../stream-limit.ts';
import { AuditLinePage, AuditLineView, auditLineView } from '../views/audit.ts';
import { closed, defaultPageSize, maxPageSize } from '../views/common.ts';

const group = 'audit';
/** Live lines that may be open at the same time. */
const streams = createStreamLimit(50, 'live lines of the audit log are open');

const list = defineOperation({
  name: 'ListAuditLines',
  method: 'GET',
  path: '/audit',
  group,
  summary: 'The audit log: who did what, newest first.',
  query: Type.Object(
    {
      ...auditFilters,
      cursor: Type.Optional(
        Type.String({
          pattern: auditCursorPattern,
          description: '`nextCursor` of the page before.',
        }),
      ),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxPageSize,
          default: defaultPageSize,
          description: 'Rows to return at most.',
        }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: AuditLinePage,
    description: 'A page of lines.',
  },
  async handle({ query }, { engine }) {
    const page = await engine.audit.auditLines({
      ...searchOf(query),
      before: positionOf(query.cursor),
      limit: query.limit ?? defaultPageSize,
    });
    return json({ rows: page.lines.map(auditLineView), nextCursor: cursorOf(page.next) });
  },
});

const download = defineOperation({
  name: 'ExportAuditLines',
  method: 'GET',
  path: '/audit/export',
  group,
  summary: 'Everything of the audit log that matches, newest first, one JSON object in each line.',
  query: Type.Object(auditFilters, closed),
  reply: {
    status: 200,
    type: 'application/x-ndjson',
    schema: AuditLineView,
    description: 'JSON lines.',
  },
  async handle({ query }, { engine, closing }) {
    return {
      kind: 'download',
      fileName: 'audit.jsonl',
      type: 'application/x-ndjson; charset=utf-8',
      content: exportLines(engine, query, closing),
    };
  },
});

const follow = defineOperation({
  name: 'FollowAuditLines',
  method: 'GET',
  path: '/audit/follow',
  group,
  summary: 'Lines of the audit log as they come; `Last-Event-ID` resumes after a line.',
  query: Type.Object(auditFilters, closed),
  reply: {
    status: 200,
    type: 'text/event-stream',
    schema: AuditLineView,
    description: 'Events `line`.',
  },
  async handle({ query, lastEventId }, { engine, closing }) {
    const isId = lastEventId !== null && /^\d{1,15}$/.test(lastEventId);
    const after = isId ? Number(lastEventId) : null;
    const events = followLines(engine, query, after, closing);
    return { kind: 'events', events: streams.admit(engine, events) };
  },
});

export const auditOperations = [list, download, follow] as const;

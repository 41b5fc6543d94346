import { type Static, Type } from 'typebox';
import { type AuditLine, auditOutcomes } from '../../../domain/audit.ts';
import { textOrNull, timeMs } from './common.ts';

/** One line of the audit log. */
export const AuditLineView = Type.Object(
  {
    id: Type.Integer({ description: 'Later lines have greater ids.' }),
    atMs: timeMs,
    user: Type.String({ description: 'Empty = nobody known.' }),
    keyId: { ...textOrNull, description: 'The access key; null = none.' },
    sourceIp: Type.String(),
    dialect: Type.String({ description: 'The API: sae, schedulerx, cdm, iam, native.' }),
    operation: Type.String(),
    resource: Type.String({ description: 'What the call was about, as policies name it.' }),
    outcome: Type.Enum([...auditOutcomes], {
      description: 'refused = by the server’s rules; failed = by a fault of the server.',
    }),
    code: Type.String({ description: 'Code of the error as the client read it; empty = none.' }),
    requestId: Type.String(),
    names: Type.Array(Type.String(), {
      description: 'Names of what the call set. Values are never kept.',
    }),
    suppressed: Type.Integer({
      description:
        'Further calls that have no line of their own: before this one of unproved callers, or starts of runs alike in the same moment.',
    }),
  },
  { title: 'AuditLine' },
);
export type AuditLineView = Static<typeof AuditLineView>;

/** The newest lines that match, and where to go on. */
export const AuditLinePage = Type.Object(
  {
    rows: Type.Array(AuditLineView),
    nextCursor: {
      ...textOrNull,
      description:
        'For the next page; null = nothing older is left. One page looks at 20,000 lines at most, so a page may have few rows, or none, and still a cursor.',
    },
  },
  { title: 'AuditLinePage' },
);
export type AuditLinePage = Static<typeof AuditLinePage>;

/** A line as it is shown. */
export function auditLineView(line: AuditLine): AuditLineView {
  return { ...line, names: [...line.names] };
}

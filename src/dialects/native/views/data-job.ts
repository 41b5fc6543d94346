import { Type, type Static } from 'typebox';
import type { TransferArtifact } from '../../../domain/template.ts';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import { TransferInput } from '../data-jobs/definition-schema.ts';
import { closed } from './common.ts';
import { linkNamespace } from './link.ts';
import { OptionalScheduleAsSent } from './schedule-definition.ts';
import { TemplateView, variablesSchema } from './template.ts';

/** `readDefinition` checks it: it tells faults of the kind that was meant. */
const DefinitionAsSent = Type.Unsafe<unknown>({ documentedAs: TransferInput });

/** Definition of a template that moves data. */
export const DataJobInput = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$' }),
    namespace: Type.Optional(linkNamespace),
    definition: DefinitionAsSent,
    variables: Type.Optional(variablesSchema),
    concurrency: Type.Optional(
      Type.Enum(['allow', 'forbid', 'replace'], {
        default: 'forbid',
        description: 'What happens when a trigger fires while a run is unfinished.',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 31_536_000_000 }), Type.Null()], {
        default: null,
        description: 'Wall time of a run from its start, retries included; null = no limit.',
      }),
    ),
    timezone: Type.Optional(
      Type.String({
        default: 'UTC',
        maxLength: 64,
        description: 'IANA zone of macros, and of a schedule that names none.',
      }),
    ),
    schedule: Type.Optional(OptionalScheduleAsSent),
  },
  { ...closed, title: 'DataJobInput' },
);
export type DataJobInput = Static<typeof DataJobInput>;

/** A template that moves data. */
export const DataJobView = Type.Object(
  {
    ...TemplateView.properties,
    linkNamespace: Type.String({ description: 'What its links belong to.' }),
    definition: Type.Object(
      { ...TransferInput.properties, name: Type.String() },
      { title: 'StoredTransfer', description: 'Complete, without keys of ciphers.' },
    ),
    variables: variablesSchema,
  },
  { title: 'DataJob' },
);

/** What answers tell of a data job besides what they tell of every template. */
export function dataJobMembers({
  linkNamespace: namespace,
  definition,
  variables,
}: TransferArtifact) {
  return {
    linkNamespace: namespace,
    definition: shownDefinition(definition),
    variables: { ...variables },
  };
}

/** Without keys: they are never shown, sealed or not. */
function shownDefinition(definition: TransferDefinition): Record<string, unknown> {
  const { from, to } = definition;
  return {
    ...definition,
    from: from.kind === 'files' && from.decrypt !== null ? { ...from, decrypt: {} } : from,
    to:
      to.kind === 'files' && to.encrypt !== null && 'key' in to.encrypt
        ? { ...to, encrypt: {} }
        : to,
  };
}

import { Type } from 'typebox';
import { defaultAuditRetention } from '../../domain/audit.ts';
import { defaultRetention } from '../../domain/retention.ts';
import { bound, closed, maxSafe, mib, optionalBound } from './shapes.ts';

/** What is collected of output and files. */
export const logStores = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Whether what templates ask to collect (SlsConfigs) is collected.',
    }),
    maxBytes: Type.Integer({
      minimum: mib,
      maximum: maxSafe,
      default: 1024 * mib,
      description: 'Bytes kept of one log store; the oldest lines go first.',
    }),
    maxAgeMs: optionalBound(
      30 * 86_400_000,
      0,
      'Milliseconds that lines of log stores are kept. `null` = no bound on the age.',
    ),
  },
  closed,
);

/** How long what is over is kept. */
export const retention = Type.Object(
  {
    intervalMs: Type.Integer({
      minimum: 100,
      maximum: 86_400_000,
      default: 600_000,
      description: 'Milliseconds between two rounds that let go of what is over.',
    }),
    runs: Type.Object(
      {
        maxAgeMs: optionalBound(
          defaultRetention.runs.maxAgeMs,
          0,
          'Milliseconds after its end that a run is kept, with its reasons and its output. `null` = no bound on the age.',
        ),
        maxPerTemplate: optionalBound(
          defaultRetention.runs.maxPerTemplate,
          1,
          'Finished runs kept of one template; the oldest go first, the newest run always stays. `null` = no bound on one template.',
        ),
        maxTotal: Type.Integer({
          minimum: 1,
          maximum: 1_000_000_000,
          default: defaultRetention.runs.maxTotal,
          description: 'Finished runs kept of all templates together.',
        }),
        minKeyAgeMs: bound(
          defaultRetention.runs.minKeyAgeMs,
          'Milliseconds that an idempotency key is remembered at least: its run stays that long whatever the other bounds say.',
        ),
      },
      closed,
    ),
    output: Type.Object(
      {
        maxAgeMs: optionalBound(
          defaultRetention.output.maxAgeMs,
          0,
          'Milliseconds after the end of a run that its output and working folders are kept. `null` = as long as the run.',
        ),
        maxBytes: bound(
          defaultRetention.output.maxBytes,
          'Bytes on the disk that output and working folders of ended attempts may take on one host; the oldest go first, their runs stay.',
        ),
      },
      closed,
    ),
    firings: Type.Object(
      {
        maxAgeMs: optionalBound(
          defaultRetention.firings.maxAgeMs,
          0,
          'Milliseconds that a line of the fire ledger is kept. `null` = no bound on the age.',
        ),
        maxPerTemplate: Type.Integer({
          minimum: 1,
          maximum: 1_000_000_000,
          default: defaultRetention.firings.maxPerTemplate,
          description: 'Lines of the fire ledger kept of one template.',
        }),
      },
      closed,
    ),
    audit: Type.Object(
      {
        maxAgeMs: optionalBound(
          defaultAuditRetention.maxAgeMs,
          0,
          'Milliseconds that a line of the audit log is kept. `null` = no bound on the age.',
        ),
        maxLines: Type.Integer({
          minimum: 1_000,
          maximum: 1_000_000_000,
          default: defaultAuditRetention.maxLines,
          description: 'Lines of the audit log kept; the oldest go first.',
        }),
      },
      closed,
    ),
    leftovers: Type.Object(
      {
        maxAgeMs: bound(
          defaultRetention.leftovers.maxAgeMs,
          'Milliseconds that changes of deleted templates, ended servers, and what hosts that are gone had still to remove are kept.',
        ),
      },
      closed,
    ),
  },
  closed,
);

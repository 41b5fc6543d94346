import type { Command } from 'commander';
import type { QuarantinedRowView } from '../../dialects/native/views/transfer-report.ts';
import { serverCommand } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { show, table } from '../output.ts';

/** Most rows of one answer. */
const PAGE_ROWS = 500;

/** `longshore quarantine RUN`: rows that a run kept out of its target. */
export function quarantineCommand(): Command {
  return serverCommand<[string], { limit: string; after: string }>(
    'quarantine',
    'List the rows that a data job rejected, each with its reason.',
    async (client, options, run) => {
      const limit = wholeNumber('--limit', options.limit);
      let after = wholeNumber('--after', options.after);
      const rows: QuarantinedRowView[] = [];
      let total = 0;
      for (let more = true; more && rows.length < limit;) {
        const page = await client.call<{ rows: QuarantinedRowView[]; total: number }>(
          'GET',
          `/runs/${encodeURIComponent(run)}/quarantine`,
          { query: { after, limit: Math.min(limit - rows.length, PAGE_ROWS) } },
        );
        rows.push(...page.rows);
        total = page.total;
        after = page.rows.at(-1)?.id ?? after;
        more = page.rows.length > 0;
      }
      show(options, { rows, total }, () =>
        [
          table(
            ['ID', 'TABLE', 'WHERE', 'REASON', 'ROW'],
            rows.map((row) => [
              row.id,
              row.table,
              row.where,
              row.reason,
              JSON.stringify(row.fields),
            ]),
          ),
          `${rows.length} of ${total}`,
        ].join('\n'),
      );
    },
  )
    .argument('<run>')
    .option('--limit <rows>', 'most rows', '100')
    .option('--after <id>', 'rows behind this id', '0');
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new CliError(`${flag} ${text} is not a whole number`, '', exitCodes.usage);
}

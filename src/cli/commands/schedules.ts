import { Command } from 'commander';
import type {
  FiringView,
  OccurrenceView,
  SchedulePreviewView,
  TemplateScheduleView,
} from '../../dialects/native/views/schedule.ts';
import { serverCommand } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { show, table, when } from '../output.ts';
import { type ScheduleFlags, scheduleOfFlags, withTimingFlags } from '../schedule-flags.ts';
import { scheduleWords } from '../schedule-words.ts';

const path = (template: string): string => `/templates/${encodeURIComponent(template)}`;
const countFlags = ['-n, --count <times>', 'times to show', '10'] as const;

/** `longshore schedules`: when templates run by themselves, and what became of each time. */
export function schedulesCommand(): Command {
  return new Command('schedules')
    .description('Preview schedules and explain what became of their firings.')
    .addCommand(previewCommand())
    .addCommand(showCommand())
    .addCommand(firingsCommand());
}

function previewCommand(): Command {
  return withTimingFlags(
    serverCommand<[string | undefined], Omit<ScheduleFlags, 'cron'> & { count: string }>(
      'preview',
      'Show when a schedule would fire, and why not at other times. Stores nothing.',
      async (client, options, expression) => {
        const given = expression?.trimStart().startsWith('{') === true;
        const schedule = scheduleOfFlags({
          ...options,
          ...(expression === undefined
            ? {}
            : given
              ? { schedule: expression }
              : { cron: expression }),
        });
        if (schedule === undefined || schedule === null) {
          throw new CliError(
            'there is nothing to preview',
            'Give a cron expression, --every, --delay or --at',
            exitCodes.usage,
          );
        }
        const preview = await client.call<SchedulePreviewView>('POST', '/schedules/preview', {
          body: { schedule, count: countOf(options.count) },
        });
        show(options, preview, () =>
          [scheduleWords(preview.schedule), '', ...times(preview)].join('\n'),
        );
      },
    )
      .argument('[expression]', 'cron expression in quotes, or a whole schedule as JSON')
      .option(...countFlags),
  );
}

function showCommand(): Command {
  return serverCommand<[string], { count: string }>(
    'show',
    'Show where the schedule of a template stands and its next times.',
    async (client, options, template) => {
      const view = await client.call<TemplateScheduleView>('GET', `${path(template)}/schedule`, {
        query: { count: countOf(options.count) },
      });
      show(options, view, () => {
        if (view.schedule === null) return view.note;
        return [
          `${scheduleWords(view.schedule)}${view.suspended ? '  SUSPENDED' : ''}`,
          `next      ${view.nextFiringAtMs === null ? view.note : when(view.nextFiringAtMs)}`,
          `last      ${when(view.lastNominalAtMs) || 'none yet'}`,
          '',
          // The reason for no next firing stands above already.
          ...times(view.nextFiringAtMs === null ? { ...view, note: '' } : view),
        ].join('\n');
      });
    },
  )
    .argument('<template>', 'id or name')
    .option(...countFlags);
}

function firingsCommand(): Command {
  return serverCommand<[string], { limit: string; offset: string }>(
    'firings',
    'Show what became of each firing of a template, newest first.',
    async (client, options, template) => {
      const page = await client.call<{ rows: FiringView[]; total: number }>(
        'GET',
        `${path(template)}/firings`,
        { query: { limit: options.limit, offset: options.offset } },
      );
      show(options, page, () =>
        [
          table(['NOMINAL', 'LATE', 'OUTCOME', 'RUN', 'REASON'], page.rows.map(firingRow)),
          `${page.rows.length} of ${page.total}`,
        ].join('\n'),
      );
    },
  )
    .argument('<template>', 'id or name')
    .option('--limit <rows>', 'most rows', '20')
    .option('--offset <rows>', 'rows to skip', '0');
}

function firingRow(firing: FiringView): readonly unknown[] {
  const { nominalAtMs, untilAtMs, count, outcome, runId, lateMs, rule, reason } = firing;
  const stretch = count === 1 ? '' : ` to ${when(untilAtMs)}`;
  return [
    `${when(nominalAtMs)}${stretch}`,
    `${(lateMs / 1000).toFixed(2)} s`,
    count === 1 ? outcome : `${outcome} ×${count}`,
    runId ?? '-',
    `${reason} (${rule})`,
  ];
}

function times({
  occurrences,
  nextFire,
  note,
}: Pick<SchedulePreviewView, 'occurrences' | 'nextFire' | 'note'>): string[] {
  const row = (o: OccurrenceView): readonly unknown[] => [
    o.localTime,
    new Date(o.nominalAtMs).toISOString(),
    o.fires ? 'fires' : 'dropped',
    `${o.reason} (${o.rule})`,
  ];
  const hidden = nextFire !== null && !occurrences.some(({ fires }) => fires);
  return [
    ...(occurrences.length === 0
      ? []
      : [table(['LOCAL TIME', 'UTC', 'WHAT', 'WHY'], occurrences.map(row))]),
    ...(hidden ? [`the first that fires: ${nextFire.localTime}`] : []),
    ...(note === '' ? [] : [note]),
  ];
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new CliError(`-n ${text} is not a number of times`, '', exitCodes.usage);
  return count;
}

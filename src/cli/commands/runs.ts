import { Command } from 'commander';
import type {
  InstanceView,
  RunDetailView,
  RunEventView,
  RunView,
} from '../../dialects/native/views/run.ts';
import { serverCommand } from '../command.ts';
import { show, span, table, when } from '../output.ts';

/** `longshore runs`: what ran, and why it went as it did. */
export function runsCommand(): Command {
  return new Command('runs')
    .description('List and explain runs.')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(showCommand())
    .addCommand(
      serverCommand<[string]>(
        'delete',
        'Stop a run if need be and erase its record.',
        async (client, options, run) => {
          await client.call('DELETE', `/runs/${encodeURIComponent(run)}`);
          show(options, { run, done: 'delete' }, () => `${run}: deleted`);
        },
      ).argument('<run>'),
    );
}

function listCommand(): Command {
  return serverCommand<[], { template?: string; state?: string; limit: string }>(
    'list',
    'List runs, newest first.',
    async (client, options) => {
      const { template, state, limit } = options;
      const query = { template, state, limit, offset: '0' };
      const page = await client.call<{ rows: RunView[]; total: number }>('GET', '/runs', { query });
      show(options, page, () =>
        [
          table(
            ['RUN', 'STATE', 'CREATED', 'TOOK', 'MESSAGE'],
            page.rows.map((r) => [
              r.id,
              r.state,
              when(r.createdAtMs),
              span(r.startedAtMs, r.endedAtMs),
              r.message,
            ]),
          ),
          `${page.rows.length} of ${page.total}`,
        ].join('\n'),
      );
    },
  )
    .option('--template <template>', 'runs of this template only')
    .option('--state <state>', 'queued, running, stopping, succeeded, failed or canceled')
    .option('--limit <rows>', 'most rows', '20');
}

function showCommand(): Command {
  return serverCommand<[string]>(
    'show',
    'Show a run: its instances, and the reason of every change.',
    async (client, options, id) => {
      const path = `/runs/${encodeURIComponent(id)}`;
      const run = await client.call<RunDetailView>('GET', path);
      const { rows: instances } = await client.call<{ rows: InstanceView[] }>(
        'GET',
        `${path}/instances`,
      );
      const { rows: events } = await client.call<{ rows: RunEventView[] }>('GET', `${path}/events`);
      show(options, { ...run, instances, events }, () => describe(run, instances, events));
    },
  ).argument('<run>');
}

function describe(
  run: RunDetailView,
  instances: readonly InstanceView[],
  events: readonly RunEventView[],
): string {
  const attempts = instances.flatMap((instance) =>
    instance.attempts.map((a) => [
      `#${instance.index}.${a.number}`,
      a.state,
      a.pid,
      a.exitCode ?? a.signal,
      span(a.startedAtMs, a.endedAtMs),
      a.message,
    ]),
  );
  return [
    `${run.id}  ${run.state}${run.message === '' ? '' : `: ${run.message}`}`,
    `template  ${run.templateName} (${run.templateId}), revision ${run.templateRevision}, ${run.dialect}`,
    ...(run.scheduledAtMs === null
      ? []
      : [
          `scheduled ${when(run.scheduledAtMs)}, accepted ${span(run.scheduledAtMs, run.createdAtMs)} later`,
        ]),
    `command   ${run.command.map((word) => JSON.stringify(word)).join(' ')}`,
    `created   ${when(run.createdAtMs)}  started ${when(run.startedAtMs) || '-'}  ended ${when(run.endedAtMs) || '-'}`,
    ...(run.notActedOn.length === 0
      ? []
      : [`warning   accepted without effect: ${run.notActedOn.join(', ')}`]),
    '',
    attempts.length === 0
      ? 'No attempt yet.'
      : table(['ATTEMPT', 'STATE', 'PID', 'EXIT', 'TOOK', 'HOW IT ENDED'], attempts),
    '',
    'Why:',
    table(
      ['WHEN', 'WHAT', 'STATE', 'REASON'],
      events.map((e) => [when(e.atMs), e.subject, e.to, e.reason]),
    ),
  ].join('\n');
}

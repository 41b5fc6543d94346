import { Command } from 'commander';
import type {
  RefusalView,
  TemplateChangeView,
  TemplateView,
} from '../../dialects/native/views/template.ts';
import { serverCommand } from '../command.ts';
import { show, table, when } from '../output.ts';
import { scheduleWords } from '../schedule-words.ts';
import {
  templateAsInput,
  templateFields,
  type TemplateFlags,
  withTemplateFlags,
} from '../template-flags.ts';

const path = (template: string): string => `/templates/${encodeURIComponent(template)}`;

/** `longshore templates`: job definitions of every dialect; native ones can be made here. */
export function templatesCommand(): Command {
  const suspension = (name: 'suspend' | 'resume', description: string): Command =>
    serverCommand<[string]>(name, description, async (client, options, template) => {
      const view = await client.call<TemplateView>('POST', `${path(template)}/${name}`);
      show(options, view, () => `${view.name}: ${view.suspended ? 'suspended' : 'runs again'}`);
    }).argument('<template>', 'id or name');
  return new Command('templates')
    .description('Manage job templates.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(createCommand())
    .addCommand(updateCommand())
    .addCommand(suspension('suspend', 'Refuse new runs until resumed.'))
    .addCommand(suspension('resume', 'Accept runs again.'))
    .addCommand(
      serverCommand<[string]>(
        'delete',
        'Stop its runs and delete a template.',
        async (client, options, template) => {
          await client.call('DELETE', path(template));
          show(options, { template, done: 'delete' }, () => `${template}: deleted`);
        },
      ).argument('<template>', 'id or name'),
    );
}

function listCommand(): Command {
  return serverCommand<[], { name?: string; limit: string }>(
    'list',
    'List templates, newest first.',
    async (client, options) => {
      const page = await client.call<{ rows: TemplateView[]; total: number }>('GET', '/templates', {
        query: { name: options.name, limit: options.limit },
      });
      show(options, page, () =>
        [
          table(
            ['TEMPLATE', 'NAME', 'API', 'STATE', 'LAST RUN'],
            page.rows.map((t) => [
              t.id,
              t.name,
              t.dialect,
              t.suspended ? 'suspended' : 'active',
              t.latestRun?.state ?? '',
            ]),
          ),
          `${page.rows.length} of ${page.total}`,
        ].join('\n'),
      );
    },
  )
    .option('--name <text>', 'part of the name')
    .option('--limit <rows>', 'most rows', '50');
}

function showCommand(): Command {
  return serverCommand<[string]>(
    'show',
    'Show a template, its changes, and triggers that made no run.',
    async (client, options, template) => {
      const view = await client.call<TemplateView>('GET', path(template));
      const changes = await client.call<{ rows: TemplateChangeView[] }>(
        'GET',
        `${path(view.id)}/changes`,
      );
      const refusals = await client.call<{ rows: RefusalView[] }>(
        'GET',
        `${path(view.id)}/refusals`,
      );
      show(options, { ...view, changes: changes.rows, refusals: refusals.rows }, () =>
        [
          `${view.name} (${view.dialect}, ${view.namespace})  revision ${view.revision}${view.suspended ? '  SUSPENDED' : ''}`,
          `id        ${view.id}`,
          `runs      ${view.artifact} ${view.command.map((word) => JSON.stringify(word)).join(' ')}`,
          `replicas  ${view.replicas}, retries ${view.retries}, ${view.concurrency}, timeout ${view.timeoutMs === null ? 'none' : `${view.timeoutMs / 1000} s`}`,
          ...nextFiring(view),
          ...(view.notActedOn.length === 0
            ? []
            : [`accepted without effect: ${view.notActedOn.join(', ')}`]),
          '',
          table(
            ['CHANGED', 'KIND', 'REVISION', 'BY', 'NOTE'],
            changes.rows.map((c) => [when(c.atMs), c.kind, c.revision, c.by, c.note]),
          ),
          ...(refusals.rows.length === 0
            ? []
            : [
                '',
                'Triggers that made no run:',
                table(
                  ['WHEN', 'TRIGGER', 'BY', 'REASON'],
                  refusals.rows.map((r) => [when(r.atMs), r.trigger, r.by, r.reason]),
                ),
              ]),
        ].join('\n'),
      );
    },
  ).argument('<template>', 'id or name');
}

function createCommand(): Command {
  return withTemplateFlags(
    serverCommand<[string, string[]], TemplateFlags>(
      'create',
      'Create a native template: one command.',
      async (client, options, name, command) => {
        const view = await client.call<TemplateView>('POST', '/templates', {
          body: { name, command, ...templateFields(options) },
        });
        show(options, view, () => [`${view.name}: ${view.id}`, ...nextFiring(view)].join('\n'));
      },
    )
      .argument('<name>')
      .argument('<command...>', 'program and arguments, after --'),
  );
}

function updateCommand(): Command {
  return withTemplateFlags(
    serverCommand<[string, string[]], TemplateFlags>(
      'update',
      'Change a native template; what is not named stays. Runs keep what they began with.',
      async (client, options, template, command) => {
        const current = await client.call<TemplateView>('GET', path(template));
        const view = await client.call<TemplateView>('PUT', path(current.id), {
          body: {
            ...templateAsInput(current),
            ...(command.length === 0 ? {} : { command }),
            ...templateFields(options, current),
          },
        });
        show(options, view, () =>
          [`${view.name}: revision ${view.revision}`, ...nextFiring(view)].join('\n'),
        );
      },
    )
      .argument('<template>', 'id or name')
      .argument('[command...]', 'another program and arguments, after --')
      .option('--no-schedule', 'run only when somebody asks'),
  );
}

/** When it runs by itself, or why it does not; nothing for a template without a schedule. */
function nextFiring(view: TemplateView): string[] {
  if (view.schedule === null) return [];
  const next = view.nextFiringAtMs ?? null;
  return [
    `schedule  ${scheduleWords(view.schedule)}`,
    `next      ${next === null ? (view.scheduleNote ?? '') : when(next)}`,
  ];
}

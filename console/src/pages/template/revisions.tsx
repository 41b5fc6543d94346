import { type RefObject, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { lazyChunk } from '../../api/chunk.ts';
import type {
  TemplateChangeView,
  TemplateRevisionView,
  TemplateView,
} from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Select } from '../../design/field.tsx';
import { Section, Toolbar, ToolbarSpace } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchChoice, useSearchSetting } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useTemplateWords } from './words.ts';

/** As many as are kept of one template, and more. */
const shownChanges = 300;

// The comparison comes when two revisions are looked at, not with the page.
const RevisionDiff = lazyChunk(() => import('./revision-diff.tsx'), <Skeleton rows={6} />);

/** Every change of the definition, and what is different between two of its revisions. */
export function Revisions({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { may } = useRights();
  const changes = useRead<{ readonly rows: readonly TemplateChangeView[] }>(
    path`/templates/${template.id}/changes`,
    { query: { limit: String(shownChanges) } },
  );
  const rows = changes.data?.rows ?? [];
  const comparison = useRef<HTMLDivElement>(null);
  return (
    <>
      {may('GetTemplateRevision') ? (
        <div ref={comparison}>
          <Comparison template={template} changes={rows} />
        </div>
      ) : null}
      <Section title={words.changes} flush>
        <DataTable
          caption={words.changes}
          columns={useColumns(template, comparison)}
          list={{ rows, isLoading: changes.isLoading, error: changes.error }}
          rowKey={({ id }) => id}
          empty={<EmptyState title={words.noChanges} />}
        />
      </Section>
    </>
  );
}

function useColumns(
  template: TemplateView,
  comparison: RefObject<HTMLElement | null>,
): readonly Column<TemplateChangeView>[] {
  const words = useTemplateWords();
  const { may } = useRights();
  const [, setSearch] = useSearchParams();
  return [
    {
      id: 'when',
      title: words.when,
      tight: true,
      cell: ({ atMs }) => <Time atMs={atMs} absolute />,
    },
    { id: 'kind', title: words.kind, tight: true, cell: ({ kind }) => words.kinds[kind] },
    {
      id: 'revision',
      title: words.revision,
      tight: true,
      end: true,
      cell: ({ revision }) => revision,
    },
    { id: 'by', title: words.by, tight: true, cell: ({ by }) => by },
    { id: 'note', title: words.note, wideOnly: true, cell: ({ note }) => note },
    {
      id: 'compare',
      title: '',
      tight: true,
      cell: ({ kind, revision }) =>
        kind === 'update' && revision > 1 && may('GetTemplateRevision') ? (
          <Button
            label={words.compare}
            aria-label={`${words.compare}: ${words.revisionNumber(String(revision))} (${template.name})`}
            onClick={() => {
              setSearch(
                (search) => {
                  const next = new URLSearchParams(search);
                  next.set('older', String(revision - 1));
                  next.set('newer', String(revision));
                  return next;
                },
                { replace: true },
              );
              // What was asked for stands above: the keyboard goes on there.
              comparison.current?.querySelector('select')?.focus();
            }}
          />
        ) : null,
    },
  ];
}

const views = ['split', 'unified'] as const;
const parts = ['document', 'spec'] as const;

function Comparison({
  template,
  changes,
}: {
  readonly template: TemplateView;
  readonly changes: readonly TemplateChangeView[];
}) {
  const words = useTemplateWords();
  const format = useFormat();
  const last = template.revision;
  const [newerText, setNewer] = useSearchSetting('newer', String(last));
  const [olderText, setOlder] = useSearchSetting('older', String(Math.max(last - 1, 1)));
  // Two texts have no room beside each other on a narrow screen.
  const [usual] = useState<(typeof views)[number]>(() =>
    window.matchMedia('(max-width: 720px)').matches ? 'unified' : 'split',
  );
  const [view, setView] = useSearchChoice('view', views, usual);
  const [part, setPart] = useSearchChoice('part', parts, 'document');
  const newer = useRevision(template.id, newerText);
  const older = useRevision(template.id, olderText);
  if (last === 1) {
    return (
      <Section title={words.differences}>
        <p className="muted">{words.oneRevision}</p>
      </Section>
    );
  }
  const known = new Set([
    ...changes.filter(({ kind }) => kind === 'update' || kind === 'create').map((c) => c.revision),
    last,
    Number(newerText),
    Number(olderText),
  ]);
  const options = [...known]
    .filter((revision) => Number.isInteger(revision) && revision >= 1 && revision <= last)
    .toSorted((a, b) => b - a)
    .map((revision) => [String(revision), words.revisionNumber(format.number(revision))] as const);
  const error = newer.error ?? older.error;
  return (
    <Section title={words.differences}>
      <Toolbar label={words.differences}>
        <Select label={words.older} value={olderText} onChange={setOlder} options={options} />
        <span aria-hidden="true">→</span>
        <Select label={words.newer} value={newerText} onChange={setNewer} options={options} />
        <ToolbarSpace />
        <Select
          label={words.part}
          value={part}
          onChange={(next) => setPart(parts.find((name) => name === next) ?? 'document')}
          options={parts.map((name) => [name, words.parts[name]])}
        />
        <Select
          label={words.view}
          value={view}
          onChange={(next) => setView(views.find((name) => name === next) ?? 'split')}
          options={views.map((name) => [name, words.views[name]])}
        />
      </Toolbar>
      <ProblemBox error={error} />
      {newer.data === undefined || older.data === undefined ? (
        error === null ? (
          <Skeleton rows={6} />
        ) : null
      ) : (
        <RevisionDiff
          older={textOf(older.data, part)}
          newer={textOf(newer.data, part)}
          view={view}
        />
      )}
    </Section>
  );
}

function useRevision(id: string, revision: string) {
  return useRead<TemplateRevisionView>(path`/templates/${id}/revisions/${revision}`, {
    keepPrevious: true,
  });
}

/** As text with members in one order, so that only what changed is different. */
function textOf(revision: TemplateRevisionView, part: (typeof parts)[number]): string {
  const { document, spec, schedule } = revision;
  return JSON.stringify(ordered(part === 'document' ? document : { ...spec, schedule }), null, 2);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return spread(value);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, ordered(member)]),
  );
}

/** JSON within a text is compared by its parts. */
function spread(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return ordered(JSON.parse(value));
  } catch {
    return value;
  }
}

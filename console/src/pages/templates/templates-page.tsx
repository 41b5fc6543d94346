import FileCog from 'lucide-react/icons/file-cog';
import Plus from 'lucide-react/icons/plus';
import { useDeferredValue } from 'react';
import { useLocation } from 'wouter';
import type { FormSummaryView } from '../../../../src/dialects/native/views/operations-forms.ts';
import type { TemplateRowView } from '../../../../src/dialects/native/views/template.ts';
import { useCursorList, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { DialectBadge, dialectNames } from '../../design/dialect-badge.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Input, SearchInput, Select } from '../../design/field.tsx';
import { Menu } from '../../design/menu.tsx';
import { Page, Toolbar } from '../../design/page.tsx';
import { useSearchChoice, useSearchSetting } from '../../design/search-setting.ts';
import { Badge, StateBadge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { newTemplateHref, templateHref } from './paths.ts';
import { ScheduleText } from './schedule-text.tsx';
import { useTemplatesWords } from './words.ts';
import './templates.css';

/** States of newest runs move on while they are looked at. */
const refreshMs = 5_000;
const dialects = ['', 'native', 'sae', 'schedulerx', 'cdm'] as const;
const states = ['', 'active', 'suspended', 'failing'] as const;

/** Templates of every dialect, each with its newest run. */
export default function TemplatesPage() {
  const words = useTemplatesWords();
  const [search, setSearch] = useSearchSetting('q');
  const [dialect, setDialect] = useSearchChoice('dialect', dialects, '');
  const [namespace, setNamespace] = useSearchSetting('namespace');
  const [state, setState] = useSearchChoice('state', states, '');
  const [tag, setTag] = useSearchSetting('tag');
  const query = useDeferredValue(JSON.stringify({ search, dialect, namespace, state, tag }));
  const list = useCursorList<TemplateRowView>('/templates', {
    query: JSON.parse(query) as Record<string, string>,
    refreshMs,
  });
  const isFiltered = [search, dialect, namespace, state, tag].some((value) => value !== '');
  const create = <NewTemplate />;
  return (
    <Page title={words.title} subtitle={words.subtitle} actions={create}>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
        <Select
          label={words.dialect}
          value={dialect}
          onChange={(next) => setDialect(dialects.find((known) => known === next) ?? '')}
          options={dialects.map((name) => [
            name,
            name === '' ? words.anyDialect : (dialectNames[name] ?? name),
          ])}
        />
        <Select
          label={words.state}
          value={state}
          onChange={(next) => setState(states.find((known) => known === next) ?? '')}
          options={states.map((name) => [name, name === '' ? words.anyState : words.states[name]])}
        />
        <div className="template-filter">
          <Input
            value={namespace}
            onChange={setNamespace}
            label={words.namespace}
            placeholder={words.namespace}
            maxLength={256}
          />
        </div>
        <div className="template-filter">
          <Input
            value={tag}
            onChange={setTag}
            label={words.tag}
            placeholder={words.tag}
            maxLength={400}
          />
        </div>
      </Toolbar>
      <DataTable
        caption={words.title}
        columns={useColumns()}
        list={list}
        rowKey={(template) => template.id}
        href={(template) => templateHref(template.id)}
        empty={
          isFiltered ? (
            <EmptyState title={words.nothingFits} hint={words.nothingFitsHint} />
          ) : (
            <EmptyState
              icon={FileCog}
              title={words.noneTitle}
              hint={words.noneHint}
              action={create}
            />
          )
        }
      />
    </Page>
  );
}

/** The ways to make one that the user may take. */
function NewTemplate() {
  const words = useTemplatesWords();
  const { may } = useRights();
  const [, navigate] = useLocation();
  const forms = useRead<{ readonly rows: readonly FormSummaryView[] }>('/operations', {
    enabled: may('ListOperations') && may('InvokeOperation'),
  });
  const offered = (forms.data?.rows ?? []).filter(
    ({ kind, allowed }) => kind === 'create' && allowed,
  );
  if (offered.length === 0) return null;
  const order = (name: string): number => dialects.findIndex((known) => known === name);
  return (
    <Menu
      label={words.create}
      icon={Plus}
      kind="primary"
      title={words.createTitle}
      items={offered
        .toSorted((a, b) => order(a.dialect) - order(b.dialect))
        .map(({ dialect }) => ({
          id: dialect,
          label: dialectNames[dialect] ?? dialect,
          act: () => navigate(newTemplateHref(dialect)),
        }))}
    />
  );
}

function useColumns(): readonly Column<TemplateRowView>[] {
  const words = useTemplatesWords();
  return [
    {
      id: 'name',
      title: words.name,
      main: true,
      cell: ({ name, suspended }) => (
        <span className="template-name">
          {name}
          {suspended ? <StateBadge state="suspended" /> : null}
        </span>
      ),
    },
    {
      id: 'dialect',
      title: words.dialect,
      tight: true,
      wideOnly: true,
      cell: ({ dialect }) => <DialectBadge dialect={dialect} />,
    },
    {
      id: 'namespace',
      title: words.namespace,
      tight: true,
      wideOnly: true,
      cell: ({ namespace }) => (
        <span className="template-namespace" title={namespace}>
          {namespace}
        </span>
      ),
    },
    {
      id: 'schedule',
      title: words.schedule,
      wideOnly: true,
      cell: ({ schedule }) => <ScheduleText schedule={schedule} />,
    },
    {
      id: 'tags',
      title: words.tags,
      wideOnly: true,
      cell: ({ tags }) => (
        <span className="template-tags">
          {tags.map(({ key, value }) => (
            <Badge key={key}>{value === '' ? key : `${key}=${value}`}</Badge>
          ))}
        </span>
      ),
    },
    {
      id: 'run',
      title: words.lastRun,
      tight: true,
      cell: ({ latestRun }) =>
        latestRun === null || latestRun === undefined ? (
          <span className="muted">{words.never}</span>
        ) : (
          <StateBadge state={latestRun.state} />
        ),
    },
    {
      id: 'when',
      title: words.when,
      tight: true,
      wideOnly: true,
      cell: ({ latestRun }) => <Time atMs={latestRun?.createdAtMs} />,
    },
  ];
}

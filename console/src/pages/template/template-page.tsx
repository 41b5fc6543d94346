import { useParams } from 'wouter';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { DialectBadge } from '../../design/dialect-badge.tsx';
import { Page } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchChoice } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { templatesHref } from '../templates/paths.ts';
import { TemplateActions } from './actions.tsx';
import { Configuration } from './configuration.tsx';
import { Refusals } from './refusals.tsx';
import { Revisions } from './revisions.tsx';
import { TemplateRuns } from './runs.tsx';
import { Schedule } from './schedule.tsx';
import { useTemplateWords } from './words.ts';
import './template.css';

const refreshMs = 5_000;

/** Parts of the page, and the operation without which there is nothing to show. */
const parts = [
  ['configuration', 'GetTemplate'],
  ['revisions', 'ListTemplateChanges'],
  ['schedule', 'GetTemplateSchedule'],
  ['runs', 'ListRuns'],
  ['refusals', 'ListTemplateRefusals'],
] as const;
const ids = parts.map(([id]) => id);

/** One template: what it is, what it was, when it runs, what became of it. */
export default function TemplatePage() {
  const words = useTemplateWords();
  const { may } = useRights();
  const { template: id = '' } = useParams<{ template: string }>();
  const [tab, setTab] = useSearchChoice('tab', ids, 'configuration');
  const { data, error, refetch } = useRead<TemplateView>(path`/templates/${id}`, { refreshMs });
  if (data === undefined) {
    return (
      <Page title={id} back={{ href: templatesHref, label: words.templates }}>
        {error === null ? <Skeleton rows={8} /> : null}
        <ProblemBox error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  const tabs = parts
    .filter(([, operation]) => may(operation))
    .map(([part]) => ({ id: part, title: words.tabs[part] }));
  return (
    <Page
      title={data.name}
      back={{ href: templatesHref, label: words.templates }}
      badge={<StateBadge state={data.suspended ? 'suspended' : 'active'} />}
      subtitle={
        <span className="template-subtitle">
          <DialectBadge dialect={data.dialect} />
          <span>{data.namespace}</span>
        </span>
      }
      actions={<TemplateActions template={data} />}
    >
      <Tabs label={words.tabsLabel} tabs={tabs} value={tab} onChange={setTab}>
        {tab === 'configuration' ? <Configuration template={data} /> : null}
        {tab === 'revisions' ? <Revisions template={data} /> : null}
        {tab === 'schedule' ? <Schedule template={data} /> : null}
        {tab === 'runs' ? <TemplateRuns template={data} /> : null}
        {tab === 'refusals' ? <Refusals template={data} /> : null}
      </Tabs>
    </Page>
  );
}

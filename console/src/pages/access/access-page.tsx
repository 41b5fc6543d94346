import { useSearchParams } from 'wouter';
import { useRights } from '../../api/session.ts';
import { Page } from '../../design/page.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { CheckTab } from './check-tab.tsx';
import { KeysTab } from './keys-tab.tsx';
import { PoliciesTab } from './policies-tab.tsx';
import { UsersTab } from './users-tab.tsx';
import { useAccessWords } from './words.ts';
import './access.css';

/** Each tab with the operation that it needs. */
const tabs = [
  { id: 'keys', needs: 'ListKeys' },
  { id: 'users', needs: 'ListUsers' },
  { id: 'policies', needs: 'ListPolicies' },
  { id: 'check', needs: 'CheckAccess' },
] as const;

export default function AccessPage() {
  const words = useAccessWords();
  const { may } = useRights();
  const [search, setSearch] = useSearchParams();
  const offered = tabs.filter(({ needs }) => may(needs));
  const tab = offered.find(({ id }) => id === search.get('tab'))?.id ?? offered[0]?.id ?? 'keys';
  // What was searched in one tab says nothing in another.
  const choose = (next: (typeof tabs)[number]['id'], more: Readonly<Record<string, string>> = {}) =>
    setSearch({ tab: next, ...more }, { replace: true });
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      <Tabs
        label={words.tabs}
        tabs={offered.map(({ id }) => ({ id, title: words.tab[id] }))}
        value={tab}
        onChange={(next) => choose(next)}
      >
        <div className="access-tab">
          {tab === 'keys' ? <KeysTab /> : null}
          {tab === 'users' ? <UsersTab /> : null}
          {tab === 'policies' ? <PoliciesTab /> : null}
          {tab === 'check' ? (
            <CheckTab onPolicy={(policy) => choose('policies', { policy })} />
          ) : null}
        </div>
      </Tabs>
    </Page>
  );
}

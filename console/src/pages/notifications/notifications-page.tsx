import { useDeferredValue } from 'react';
import type { NotificationPolicyView } from '../../../../src/dialects/native/views/notifications.ts';
import { useCursorList } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput } from '../../design/field.tsx';
import { Facts, Page, Section, Toolbar } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useDesignWords } from '../../design/words.ts';
import { defineWords } from '../../i18n/words.ts';
import { channelName, Week } from './week.tsx';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';
import './notifications.css';

const useWords = defineWords({ en, zh });

export default function NotificationsPage() {
  const words = useWords();
  const shared = useDesignWords();
  const [search, setSearch] = useSearchSetting('search');
  const list = useCursorList<NotificationPolicyView>('/notification-policies', {
    query: { search: useDeferredValue(search) },
  });
  const isEmpty = !list.isLoading && list.error === null && list.rows.length === 0;
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
      </Toolbar>
      {list.error === null ? null : <ProblemBox error={list.error} retry={list.refetch} />}
      {list.isLoading ? <Skeleton rows={6} /> : null}
      {isEmpty ? (
        <EmptyState
          title={search === '' ? words.emptyTitle : words.noMatch}
          hint={search === '' ? words.emptyHint : undefined}
        />
      ) : null}
      {list.rows.map((policy) => (
        <Policy key={policy.name} policy={policy} />
      ))}
      {list.hasMore ? (
        <Button label={shared.loadMore} busy={list.isLoadingMore} onClick={list.loadMore} />
      ) : null}
    </Page>
  );
}

function Policy({ policy }: { readonly policy: NotificationPolicyView }) {
  const words = useWords();
  const { name, description, channels, timezone, atAll, updater, usedBy } = policy;
  return (
    <Section title={name}>
      {description === '' ? null : <p className="breaks">{description}</p>}
      <div className="notifications-parts">
        <Facts
          rows={[
            [words.channels, <Ways key="ways" ways={channels} />],
            [words.timezone, timezone],
            [words.atAll, atAll ? words.atAllYes : null],
            [
              words.changed,
              <span key="changed">
                <Time atMs={policy.updatedAtMs} /> {updater === '' ? null : words.by(updater)}
              </span>,
            ],
          ]}
        />
        <div>
          <h3>{words.times}</h3>
          <Week ranges={policy.ranges} />
        </div>
        <div>
          <h3>{words.usedBy}</h3>
          {usedBy.length === 0 ? <p className="muted">{words.unused}</p> : null}
          <ul className="notifications-groups">
            {usedBy.map((group) => (
              <li key={group.number} className="breaks">
                {`${group.namespace} / ${group.name}`}
                <small>
                  {words.people}:{' '}
                  {group.contacts.length === 0
                    ? words.nobody
                    : group.contacts.map((contact) => contactText(contact, words)).join('; ')}
                </small>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </Section>
  );
}

function Ways({ ways }: { readonly ways: readonly string[] }) {
  const words = useWords();
  return (
    <span className="notifications-ways">
      {ways.map((way) => (
        <Badge key={way}>{channelName(way, words.channel)}</Badge>
      ))}
    </span>
  );
}

function contactText(
  { name, ways }: NotificationPolicyView['usedBy'][number]['contacts'][number],
  words: typeof en,
): string {
  const known = ways.map((way) => channelName(way, words.channel)).join(', ');
  return `${name === '' ? words.nameless : name}${known === '' ? '' : ` (${known})`}`;
}

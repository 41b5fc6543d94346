import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SameRequestList } from '../../../../src/dialects/native/views/operations-forms.ts';
import { api, path } from '../../api/client.ts';
import { useRights } from '../../api/session.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { useFormWords } from './words.ts';

type Kind = SameRequestList['rows'][number]['kind'];

/** The filled form as requests of clients, anew with every change. */
export function SameRequest({
  dialect,
  operation,
  values,
}: {
  readonly dialect: string;
  readonly operation: string;
  readonly values: Readonly<Record<string, unknown>>;
}) {
  const words = useFormWords();
  const { may } = useRights();
  const [chosen, choose] = useState<Kind>('typescript');
  const { data, error } = useQuery({
    queryKey: ['same request', dialect, operation, values],
    queryFn: ({ signal }) =>
      api.post<SameRequestList>(
        path`/operations/${dialect}/${operation}/render`,
        { values },
        { signal },
      ),
    placeholderData: keepPreviousData,
    enabled: may('RenderOperation'),
  });
  if (!may('RenderOperation')) return null;
  const rows = data?.rows ?? [];
  const shown = rows.find(({ kind }) => kind === chosen) ?? rows[0];
  return (
    <Section title={words.same}>
      <p className="muted">{words.sameHint}</p>
      <ProblemBox error={error} />
      {shown === undefined ? null : (
        <Tabs
          label={words.same}
          tabs={rows.map(({ kind }) => ({ id: kind, title: words.kinds[kind] }))}
          value={shown.kind}
          onChange={choose}
        >
          <span className="muted mono">{shown.title}</span>
          <CodeBlock text={shown.text} label={words.kinds[shown.kind]} />
        </Tabs>
      )}
    </Section>
  );
}

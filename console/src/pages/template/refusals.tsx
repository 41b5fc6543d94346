import type { RefusalView, TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Section } from '../../design/page.tsx';
import { Time } from '../../design/values.tsx';
import { triggerText } from './reason-text.ts';
import { useTemplateWords } from './words.ts';

const refreshMs = 10_000;

/** Triggers that made no run, each with its reason. */
export function Refusals({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { data, error, isLoading } = useRead<{ readonly rows: readonly RefusalView[] }>(
    path`/templates/${template.id}/refusals`,
    { refreshMs },
  );
  const columns = useRefusalColumns();
  return (
    <Section title={words.refusalsTitle} flush>
      <DataTable
        caption={words.refusalsTitle}
        columns={columns}
        list={{ rows: data?.rows ?? [], isLoading, error }}
        rowKey={({ atMs, trigger, code, reason }) => `${atMs} ${trigger} ${code} ${reason}`}
        empty={<EmptyState title={words.noRefusals} hint={words.noRefusalsHint} />}
      />
    </Section>
  );
}

function useRefusalColumns(): readonly Column<RefusalView>[] {
  const words = useTemplateWords();
  return [
    {
      id: 'when',
      title: words.when,
      tight: true,
      cell: ({ atMs }) => <Time atMs={atMs} absolute />,
    },
    {
      id: 'trigger',
      title: words.trigger,
      tight: true,
      cell: ({ trigger }) => triggerText(trigger, words),
    },
    { id: 'by', title: words.by, wideOnly: true, tight: true, cell: ({ by }) => by },
    { id: 'reason', title: words.reason, cell: ({ reason }) => reason },
    {
      id: 'code',
      title: words.code,
      tight: true,
      wideOnly: true,
      cell: ({ code }) => <span className="mono">{code}</span>,
    },
  ];
}

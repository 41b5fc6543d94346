import { useState } from 'react';
import type {
  InstanceView,
  RunDetailView,
  VariableView,
} from '../../../../src/dialects/native/views/run.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Select } from '../../design/field.tsx';
import { Toolbar } from '../../design/page.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { useInstanceName } from './shard-name.ts';
import { useRunWords } from './words.ts';

/** Instances whose variables can be chosen. */
const maxOffered = 500;

/** The variables that an instance starts with; secrets are hidden by the server already. */
export function Environment({ run }: { readonly run: RunDetailView }) {
  const words = useRunWords();
  const nameOf = useInstanceName(run);
  const [index, setIndex] = useState(0);
  const { data, error, isLoading, refetch } = useRead<{ rows: readonly VariableView[] }>(
    path`/runs/${run.id}/environment`,
    { query: { index } },
  );
  const { columns: titles } = words;
  const columns: readonly Column<VariableView>[] = [
    { id: 'name', title: titles.name, cell: ({ name }) => <code className="breaks">{name}</code> },
    {
      id: 'value',
      title: titles.value,
      cell: ({ value, masked }) =>
        value !== null ? (
          <code className="run-value">{value}</code>
        ) : masked ? (
          <span title={words.hiddenWhy}>
            <Badge>{words.hidden}</Badge>
          </span>
        ) : (
          <span className="muted">{words.unknownValue}</span>
        ),
    },
    {
      id: 'origin',
      title: titles.origin,
      tight: true,
      wideOnly: true,
      cell: ({ origin }) => words.origins[origin],
    },
  ];
  const instances = Array.from({ length: Math.min(run.replicas, maxOffered) }, (_, at) => at);
  return (
    <div className="run-panel">
      <Toolbar label={words.environment}>
        {run.replicas > 1 ? (
          <Select
            label={words.chooseInstance}
            value={String(index)}
            onChange={(text) => setIndex(Number(text))}
            options={instances.map(
              (at) => [String(at), nameOf({ index: at } as InstanceView)] as const,
            )}
          />
        ) : null}
        <span className="muted">{words.environmentHint}</span>
      </Toolbar>
      <DataTable
        caption={words.environment}
        columns={columns}
        list={{ rows: data?.rows ?? [], isLoading, error, refetch: () => void refetch() }}
        rowKey={({ name }) => name}
        empty={<EmptyState title={words.environmentEmpty} />}
      />
    </div>
  );
}

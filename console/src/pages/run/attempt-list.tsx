import ScrollText from 'lucide-react/icons/scroll-text';
import type { AttemptView } from '../../../../src/dialects/native/views/run.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Section } from '../../design/page.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { useRunWords } from './words.ts';

/** Attempts of one instance, with how each ended. */
export function AttemptList({
  name,
  attempts,
  onOutput,
}: {
  readonly name: string;
  readonly attempts: readonly AttemptView[];
  readonly onOutput: (attempt: string) => void;
}) {
  const words = useRunWords();
  const { may } = useRights();
  const { columns: titles } = words;
  const columns: readonly Column<AttemptView>[] = [
    { id: 'number', title: titles.attempt, tight: true, cell: ({ number }) => String(number) },
    {
      id: 'state',
      title: titles.state,
      tight: true,
      cell: ({ state }) => <StateBadge state={attemptState(state)} />,
    },
    {
      id: 'begun',
      title: titles.begun,
      tight: true,
      wideOnly: true,
      cell: ({ startedAtMs }) => <Time atMs={startedAtMs} />,
    },
    {
      id: 'took',
      title: titles.took,
      tight: true,
      end: true,
      cell: ({ startedAtMs, endedAtMs }) => <Duration sinceMs={startedAtMs} untilMs={endedAtMs} />,
    },
    {
      id: 'executor',
      title: titles.executor,
      tight: true,
      wideOnly: true,
      cell: ({ executor, worker }) => (worker === '' ? executor : `${executor} ${worker}`),
    },
    {
      id: 'exit',
      title: titles.exit,
      tight: true,
      end: true,
      cell: ({ exitCode, signal }) => signal ?? (exitCode === null ? '–' : String(exitCode)),
    },
    {
      id: 'message',
      title: titles.message,
      wideOnly: true,
      cell: ({ message, result }) => (
        <span className="breaks">{message === '' ? result : message}</span>
      ),
    },
    ...(may('ReadLog')
      ? [
          {
            id: 'output',
            title: '',
            tight: true,
            end: true,
            cell: ({ id }: AttemptView) => (
              <Button
                label={words.output}
                icon={ScrollText}
                kind="ghost"
                onClick={() => onOutput(id)}
              />
            ),
          },
        ]
      : []),
  ];
  const title = words.attemptsOf(name);
  return (
    <Section title={title} flush>
      <DataTable
        caption={title}
        columns={columns}
        list={{ rows: attempts }}
        rowKey={({ id }) => id}
        empty={<EmptyState title={words.notBegun} />}
      />
    </Section>
  );
}

function attemptState(state: AttemptView['state']): string {
  if (state === 'claimed') return 'starting';
  return state === 'stopped' ? 'canceled' : state;
}

import ListChecks from 'lucide-react/icons/list-checks';
import type { PlanView } from '../../../../src/dialects/native/views/transfer-report.ts';
import { api } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { CodeBlock } from '../../design/code-block.tsx';
import { Facts, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useFormat } from '../../i18n/format.ts';
import { requestOf } from './draft.ts';
import type { StepProps } from './step.ts';
import { useEditWords } from './words.ts';
import './edit.css';

/** Planning asks both ends: it may take as long as the server lets it. */
const planTimeoutMs = 65_000;

/** What a run would do: shards, types, statements. Nothing is changed anywhere. */
export function PlanStep({ draft }: StepProps) {
  const words = useEditWords();
  const { may } = useRights();
  const plan = useAction<PlanView>(
    () => api.post('/data-jobs/plan', requestOf(draft), { timeoutMs: planTimeoutMs }),
    [],
  );
  const method = 'POST /api/v1/data-jobs';
  return (
    <Section title={words.steps.plan}>
      <p className="muted">{words.planHint}</p>
      {may('PlanDataJob') ? (
        <div>
          <Button
            label={plan.isPending ? words.planning : words.plan}
            icon={ListChecks}
            busy={plan.isPending}
            onClick={() => plan.mutate()}
          />
        </div>
      ) : null}
      <ProblemBox error={plan.error} />
      <div aria-live="polite" className="wizard-form">
        {plan.data === undefined ? null : <Plan plan={plan.data} />}
      </div>
      <details className="wizard-details">
        <summary>{words.request}</summary>
        <div>
          <CodeBlock
            label={words.request}
            text={`${method}\n\n${JSON.stringify(requestOf(draft), null, 2)}`}
          />
        </div>
      </details>
    </Section>
  );
}

function Plan({ plan }: { readonly plan: PlanView }) {
  const words = useEditWords();
  const format = useFormat();
  return (
    <>
      {plan.notes.length === 0 ? null : (
        <div>
          <h3>{words.notes}</h3>
          <ul className="wizard-notes">
            {plan.notes.map((note) => (
              <li key={note} className="breaks">
                {note}
              </li>
            ))}
          </ul>
        </div>
      )}
      {plan.tables.map((table) => (
        <div key={`${table.source} ${table.target}`} className="wizard-form">
          <h3 className="breaks">{words.planOf(table.source, table.target)}</h3>
          <Facts
            rows={[
              [
                words.rowsAbout,
                table.estimatedRows === null ? words.unknown : format.number(table.estimatedRows),
              ],
              [words.planShards, format.number(table.shards)],
              [words.pieces, format.number(table.chunks)],
              [
                words.travel,
                <span key="format" className="mono">
                  {table.format}
                </span>,
              ],
            ]}
          />
          {table.columns.length === 0 ? null : <PlannedColumns columns={table.columns} />}
          <div>
            <h3>{words.statements}</h3>
            {table.statements.length === 0 ? (
              <p className="muted">{words.noStatements}</p>
            ) : (
              <CodeBlock label={words.statements} text={table.statements.join(';\n\n')} />
            )}
          </div>
        </div>
      ))}
    </>
  );
}

function PlannedColumns({ columns }: { readonly columns: PlanView['tables'][number]['columns'] }) {
  const words = useEditWords();
  return (
    <div className="table-frame">
      <div className="table-scroll" tabIndex={0} role="region" aria-label={words.steps.fields}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.sourceColumn}</th>
              <th scope="col">{words.sourceType}</th>
              <th scope="col">{words.targetColumn}</th>
              <th scope="col">{words.targetType}</th>
            </tr>
          </thead>
          <tbody>
            {columns.map(({ source, sourceType, target, targetType }) => (
              <tr key={target}>
                <td className="breaks">{source}</td>
                <td className="mono">{sourceType}</td>
                <td className="breaks">{target}</td>
                <td className="mono">{targetType}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

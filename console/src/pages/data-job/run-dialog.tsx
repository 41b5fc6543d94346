import { useState } from 'react';
import { useLocation } from 'wouter';
import type { DataJobView } from '../../../../src/dialects/native/views/data-job.ts';
import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import { api, path } from '../../api/client.ts';
import { useInvalidate } from '../../api/queries.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Field, Textarea } from '../../design/field.tsx';
import { toast } from '../../design/toast.tsx';
import { transferRunHref } from '../links/paths.ts';
import { linesOf, variablesOf } from './variables.ts';
import { useDataJobWords } from './words.ts';

/** Starts a data job, with values for its variables where it has macros, and goes to its run. */
export function RunDialog({
  job,
  onClose,
}: {
  readonly job: DataJobView;
  readonly onClose: () => void;
}) {
  const words = useDataJobWords();
  const invalidate = useInvalidate();
  const [, navigate] = useLocation();
  const [lines, setLines] = useState(() => linesOf(job.variables));
  const hasMacros =
    Object.keys(job.variables).length > 0 || JSON.stringify(job.definition).includes('${');
  return (
    <ConfirmDialog
      title={words.runTitle(job.name)}
      confirm={words.run}
      onClose={onClose}
      act={async () => {
        const variables = variablesOf(lines);
        const { run } = await api.post<{ readonly run: RunView }>(
          path`/templates/${job.id}/runs`,
          Object.keys(variables).length === 0 ? {} : { variables },
        );
        toast(words.started(job.name));
        navigate(transferRunHref(run.id));
        await invalidate('/data-jobs', '/runs');
      }}
    >
      <p>{words.runText}</p>
      {hasMacros ? (
        <Field label={words.variables} hint={words.variablesHint} optional>
          <Textarea value={lines} onChange={setLines} mono spellCheck={false} />
        </Field>
      ) : null}
    </ConfirmDialog>
  );
}

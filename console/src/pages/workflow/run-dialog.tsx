import { type FormEvent, useState } from 'react';
import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogFoot } from '../../design/dialog.tsx';
import { Field, Textarea } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useDesignWords } from '../../design/words.ts';
import { useWorkflowWords } from './words.ts';

/** Asks for parameters and starts a run. */
export function RunDialog({
  workflow,
  name,
  onStarted,
  onClose,
}: {
  readonly workflow: string;
  readonly name: string;
  readonly onStarted: (run: string) => void;
  readonly onClose: () => void;
}) {
  const words = useWorkflowWords();
  const shared = useDesignWords();
  const [parameters, setParameters] = useState('');
  const start = useAction(
    () =>
      api.post<RunView>(path`/workflows/${workflow}/run`, parameters === '' ? {} : { parameters }),
    ['/workflows', '/runs'],
    ({ id }) => onStarted(id),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!start.isPending) start.mutate();
  };
  return (
    <Dialog title={words.runTitle(name)} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field label={words.parameters} hint={words.parametersHint} optional>
          <Textarea value={parameters} onChange={setParameters} mono rows={3} maxLength={1_000} />
        </Field>
        <ProblemBox error={start.error} />
        <DialogFoot>
          <Button label={shared.cancel} onClick={onClose} />
          <Button label={words.runNow} type="submit" kind="primary" busy={start.isPending} />
        </DialogFoot>
      </form>
    </Dialog>
  );
}

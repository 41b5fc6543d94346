import { useLocation } from 'wouter';
import type { FormView } from '../../../../src/dialects/native/views/operations-forms.ts';
import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { api, path } from '../../api/client.ts';
import { useInvalidate, useRead } from '../../api/queries.ts';
import { ConfirmDialog, Dialog } from '../../design/dialog.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { toast } from '../../design/toast.tsx';
import { OperationForm } from '../template-edit/operation-form.tsx';
import { useTemplateWords } from './words.ts';

/** Runs a template now, with what shall be different for this run. */
export function RunDialog({
  template: { id, name },
  operation,
  onClose,
}: {
  readonly template: TemplateView;
  /** Empty = it is run as it is. */
  readonly operation: string;
  readonly onClose: () => void;
}) {
  const words = useTemplateWords();
  const [, navigate] = useLocation();
  const invalidate = useInvalidate();
  const form = useRead<FormView>(path`/templates/${id}/operations/${operation}`, {
    enabled: operation !== '',
  });
  const started = (runId: string | null): void => {
    toast(words.started);
    void invalidate('/templates', '/runs', '/overview');
    if (runId === null) onClose();
    else navigate(path`/console/runs/${runId}`);
  };
  if (operation === '') {
    return (
      <ConfirmDialog
        title={words.runTitle(name)}
        confirm={words.run}
        act={async () => {
          const { run } = await api.post<{ readonly run: RunView }>(path`/templates/${id}/runs`);
          started(run.id);
        }}
        onClose={onClose}
      >
        <p>{words.runHint}</p>
      </ConfirmDialog>
    );
  }
  return (
    <Dialog title={words.runTitle(name)} wide onClose={onClose}>
      <ProblemBox error={form.error} />
      {form.data === undefined ? (
        form.error === null ? (
          <Skeleton rows={4} />
        ) : null
      ) : (
        <OperationForm
          form={form.data}
          onDone={({ runId }) => started(runId)}
          onCancel={onClose}
          before={<p className="muted">{words.runHint}</p>}
        />
      )}
    </Dialog>
  );
}

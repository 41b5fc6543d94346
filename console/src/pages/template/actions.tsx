import ArrowRightLeft from 'lucide-react/icons/arrow-right-left';
import CopyPlus from 'lucide-react/icons/copy-plus';
import Ellipsis from 'lucide-react/icons/ellipsis';
import Pause from 'lucide-react/icons/pause';
import Pencil from 'lucide-react/icons/pencil';
import Play from 'lucide-react/icons/play';
import RotateCcw from 'lucide-react/icons/rotate-ccw';
import Trash from 'lucide-react/icons/trash-2';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { FormSummaryView } from '../../../../src/dialects/native/views/operations-forms.ts';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { api, path } from '../../api/client.ts';
import { useAction, useInvalidate, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button, LinkButton } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Menu, type MenuItem } from '../../design/menu.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { toast } from '../../design/toast.tsx';
import { dataJobHref } from '../links/paths.ts';
import { copyTemplateHref, editTemplateHref, templatesHref } from '../templates/paths.ts';
import { RunDialog } from './run-dialog.tsx';
import { useTemplateWords } from './words.ts';

/** What can be done with a template, as far as the user may. */
export function TemplateActions({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { may } = useRights();
  const [, navigate] = useLocation();
  const invalidate = useInvalidate();
  const [asks, setAsks] = useState<'run' | 'suspend' | 'remove' | null>(null);
  const { id, name, dialect, suspended, artifact } = template;
  const forms = useForms(template);
  const resume = useAction(
    () => api.post(path`/templates/${id}/resume`),
    ['/templates', '/overview'],
    () => toast(words.resumed),
  );
  const close = (): void => setAsks(null);
  const changed = (): Promise<void> => invalidate('/templates', '/runs', '/overview');
  const items: MenuItem[] = [
    ...(forms.create
      ? [
          {
            id: 'copy',
            label: words.copy,
            icon: CopyPlus,
            act: () => navigate(copyTemplateHref(dialect, id)),
          },
        ]
      : []),
    ...(may('DeleteTemplate')
      ? [
          {
            id: 'remove',
            label: words.remove,
            icon: Trash,
            danger: true,
            act: () => setAsks('remove'),
          },
        ]
      : []),
  ];
  return (
    <>
      {forms.run === null ? null : (
        <Button label={words.run} icon={Play} kind="primary" onClick={() => setAsks('run')} />
      )}
      {forms.update ? (
        <LinkButton label={words.edit} icon={Pencil} href={editTemplateHref(id)} />
      ) : null}
      {artifact === 'transfer' && may('GetDataJob') ? (
        <LinkButton label={words.dataJob} icon={ArrowRightLeft} href={dataJobHref(id)} />
      ) : null}
      {may(suspended ? 'ResumeTemplate' : 'SuspendTemplate') ? (
        // One button for both: it has the focus still when it has become the other.
        <Button
          label={suspended ? words.resume : words.suspend}
          icon={suspended ? RotateCcw : Pause}
          busy={resume.isPending}
          onClick={() => (suspended ? resume.mutate() : setAsks('suspend'))}
        />
      ) : null}
      {items.length === 0 ? null : (
        <Menu label={words.more} icon={Ellipsis} iconOnly items={items} />
      )}
      <ProblemBox error={resume.error} />
      {asks === 'run' && forms.run !== null ? (
        <RunDialog template={template} operation={forms.run} onClose={close} />
      ) : null}
      {asks === 'suspend' ? (
        <ConfirmDialog
          title={words.suspendTitle(name)}
          confirm={words.suspend}
          act={async () => {
            await api.post(path`/templates/${id}/suspend`);
            await changed();
            toast(words.suspended);
          }}
          onClose={close}
        >
          <p>{words.suspendHint}</p>
        </ConfirmDialog>
      ) : null}
      {asks === 'remove' ? (
        <ConfirmDialog
          title={words.removeTitle(name)}
          confirm={words.remove}
          danger
          typed={name}
          act={async () => {
            await api.delete(path`/templates/${id}`);
            toast(words.removed);
            navigate(templatesHref);
            void changed();
          }}
          onClose={close}
        >
          <p>{words.removeHint}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}

/** Which forms the template can be filled into, and the user may send. */
function useForms({ id, dialect, artifact }: TemplateView): {
  readonly create: boolean;
  readonly update: boolean;
  /** Operation that runs it; empty = without a form; null = the user may not. */
  readonly run: string | null;
} {
  const { may } = useRights();
  const invokes = may('ListOperations') && may('InvokeOperation') && may('GetTemplateOperation');
  const list = useRead<{ readonly rows: readonly FormSummaryView[] }>('/operations', {
    query: { dialect },
    enabled: invokes,
  });
  const formOf = (kind: FormSummaryView['kind']): FormSummaryView | undefined =>
    list.data?.rows.find((form) => form.kind === kind && form.allowed);
  // Workflows and native data jobs have pages of their own.
  const update = formOf('update');
  const fits = useRead<unknown>(path`/templates/${id}/operations/${update?.operation ?? ''}`, {
    enabled: update !== undefined,
  });
  const hasForm = fits.data !== undefined;
  const plain = may('SubmitRun') && artifact !== 'workflow' ? '' : null;
  return {
    create: hasForm && formOf('create') !== undefined,
    update: hasForm,
    run: hasForm ? (formOf('execute')?.operation ?? plain) : plain,
  };
}

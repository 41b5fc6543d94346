import { useLocation, useParams, useSearchParams } from 'wouter';
import type {
  FormAnswerView,
  FormSummaryView,
  FormView,
} from '../../../../src/dialects/native/views/operations-forms.ts';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { dialectNames } from '../../design/dialect-badge.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Page } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { toast } from '../../design/toast.tsx';
import { templateHref, templatesHref } from '../templates/paths.ts';
import { OperationForm } from './operation-form.tsx';
import { useFormWords } from './words.ts';

type Kind = FormSummaryView['kind'];

/** The operation of a dialect that makes, changes or runs a job; undefined while it is not known. */
export function useOperationOf(dialect: string | undefined, kind: Kind): string | undefined {
  const list = useRead<{ readonly rows: readonly FormSummaryView[] }>('/operations', {
    query: { dialect },
    enabled: dialect !== undefined,
  });
  return list.data?.rows.find((form) => form.kind === kind)?.operation;
}

/** A new template, empty or as a copy of another, or an existing one to be changed. */
export default function TemplateEditPage() {
  const words = useFormWords();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const { template: changed, dialect: made } = useParams<{ template?: string; dialect?: string }>();
  const copied = search.get('from');
  const template = changed ?? copied;
  const current = useRead<TemplateView>(path`/templates/${template ?? ''}`, {
    enabled: template !== null && template !== undefined,
  });
  const dialect = made ?? current.data?.dialect;
  const operation = useOperationOf(dialect, changed === undefined ? 'create' : 'update');
  const form = useRead<FormView>(
    template === null || template === undefined
      ? path`/operations/${dialect ?? ''}/${operation ?? ''}`
      : path`/templates/${template}/operations/${operation ?? ''}`,
    { enabled: operation !== undefined },
  );
  const back = changed === undefined ? templatesHref : templateHref(changed);
  const name = current.data?.name ?? changed ?? '';
  const done = ({ templateId }: FormAnswerView): void => {
    toast(words.done[changed === undefined ? 'create' : 'update']);
    navigate(templateId === null ? templatesHref : templateHref(templateId));
  };
  const error = form.error ?? current.error;
  return (
    <Page
      title={
        changed === undefined
          ? words.createTitle(dialectNames[dialect ?? ''] ?? dialect ?? '')
          : words.editTitle(name)
      }
      back={{ href: back, label: changed === undefined ? words.templates : name }}
    >
      {error === null ? null : 'code' in error && error.code === 'no-such-operation' ? (
        <EmptyState title={words.noForm} hint={words.noFormHint} />
      ) : (
        <ProblemBox error={error} retry={() => void form.refetch()} />
      )}
      {form.data === undefined ? (
        error === null ? (
          <Skeleton rows={8} />
        ) : null
      ) : (
        <OperationForm
          key={`${form.data.operation} ${template ?? ''}`}
          form={form.data}
          onDone={done}
          onCancel={() => navigate(back)}
        />
      )}
    </Page>
  );
}

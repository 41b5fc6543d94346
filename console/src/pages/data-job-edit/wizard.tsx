import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { DataJobView } from '../../../../src/dialects/native/views/data-job.ts';
import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button, LinkButton } from '../../design/button.tsx';
import { Field, Input, Select } from '../../design/field.tsx';
import { Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { toast } from '../../design/toast.tsx';
import { useFormat } from '../../i18n/format.ts';
import { dataJobHref, dataJobsHref, transferRunHref } from '../links/paths.ts';
import { useLinksOf, withNamespace } from '../links/use-links.ts';
import { type Draft, requestOf } from './draft.ts';
import { FieldsStep } from './fields-step.tsx';
import { OptionsStep } from './options-step.tsx';
import { PlanStep } from './plan-step.tsx';
import { SourceStep } from './source-step.tsx';
import type { StepProps } from './step.ts';
import { TargetStep } from './target-step.tsx';
import { useEditWords } from './words.ts';
import './edit.css';

const steps = ['source', 'target', 'fields', 'options', 'plan'] as const;
type Step = (typeof steps)[number];

interface Saved {
  readonly job: DataJobView;
  readonly run: RunView | null;
}

/** Leads through a data job step by step; every step can be gone to at any time. */
export function Wizard({
  id,
  initial,
  namespaces,
}: {
  /** Null = a new one. */
  readonly id: string | null;
  readonly initial: Draft;
  readonly namespaces: readonly (readonly [namespace: string, name: string])[];
}) {
  const words = useEditWords();
  const format = useFormat();
  const { may } = useRights();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState(initial);
  const [step, setStep] = useState<Step>('source');
  const form = useRef<HTMLFormElement>(null);
  const shownStep = useFocusOnChange<HTMLDivElement>(step);
  const links = useLinksOf(draft.namespace);
  const props: StepProps = {
    draft,
    links: links.rows,
    change: (part) => setDraft((before) => ({ ...before, ...part })),
  };
  const save = useAction<Saved, { readonly run: boolean }>(
    async ({ run }) => {
      const body = requestOf(draft);
      const job = await (id === null
        ? api.post<DataJobView>('/data-jobs', body)
        : api.put<DataJobView>(path`/data-jobs/${id}`, body));
      if (!run) return { job, run: null };
      const started = await api.post<{ readonly run: RunView }>(path`/templates/${job.id}/runs`);
      return { job, run: started.run };
    },
    ['/data-jobs', '/templates', '/runs'],
    ({ job, run }) => {
      toast(words.saved(job.name));
      navigate(run === null ? dataJobHref(job.id) : transferRunHref(run.id));
    },
  );
  const at = steps.indexOf(step);
  const next = steps[at + 1];
  const go = (to: Step): void => {
    // What this step asks for must be there before the next; going back is always possible.
    if (steps.indexOf(to) > at && form.current?.reportValidity() === false) return;
    setStep(to);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (next !== undefined) go(next);
    else if (!save.isPending) save.mutate({ run: false });
  };
  return (
    <>
      <Steps current={step} onChoose={go} />
      <form className="wizard-form" ref={form} onSubmit={submit}>
        <div
          className="wizard-body"
          role="group"
          aria-label={words.stepOf(
            format.number(at + 1),
            format.number(steps.length),
            words.steps[step],
          )}
          tabIndex={-1}
          ref={shownStep}
        >
          {step === 'source' ? (
            <JobSection {...props} isNew={id === null} namespaces={namespaces} />
          ) : null}
          <CurrentStep step={step} {...props} />
          <ProblemBox error={links.error} />
          {step === 'plan' ? <ProblemBox error={save.error} /> : null}
        </div>
        <div className="wizard-foot">
          {at > 0 ? (
            <Button label={words.previous} onClick={() => setStep(steps[at - 1] ?? 'source')} />
          ) : null}
          {next === undefined ? (
            <>
              <Button label={words.save} type="submit" kind="primary" busy={save.isPending} />
              {may('SubmitRun') ? (
                <Button
                  label={words.saveAndRun}
                  busy={save.isPending}
                  onClick={() => save.mutate({ run: true })}
                />
              ) : null}
            </>
          ) : (
            <Button label={words.next} type="submit" kind="primary" />
          )}
          <LinkButton
            label={words.cancel}
            kind="ghost"
            href={id === null ? dataJobsHref : dataJobHref(id)}
          />
        </div>
      </form>
    </>
  );
}

/** Who goes on by a button at the end begins at the beginning of what comes. */
function useFocusOnChange<T extends HTMLElement>(shown: string): React.RefObject<T | null> {
  const element = useRef<T>(null);
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    element.current?.focus({ preventScroll: true });
    element.current?.scrollIntoView({ block: 'start' });
  }, [shown]);
  return element;
}

function CurrentStep({ step, ...props }: StepProps & { readonly step: Step }): ReactNode {
  switch (step) {
    case 'source':
      return <SourceStep {...props} />;
    case 'target':
      return <TargetStep {...props} />;
    case 'fields':
      return <FieldsStep {...props} />;
    case 'options':
      return <OptionsStep {...props} />;
    case 'plan':
      return <PlanStep {...props} />;
  }
}

function Steps({
  current,
  onChoose,
}: {
  readonly current: Step;
  readonly onChoose: (step: Step) => void;
}) {
  const words = useEditWords();
  const format = useFormat();
  return (
    <nav aria-label={words.stepsLabel}>
      <ol className="wizard-steps">
        {steps.map((step, place) => (
          <li key={step}>
            <button
              type="button"
              className="wizard-step"
              aria-current={step === current ? 'step' : undefined}
              onClick={() => onChoose(step)}
            >
              <span className="wizard-number">{format.number(place + 1)}</span>
              {words.steps[step]}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function JobSection({
  draft,
  change,
  isNew,
  namespaces,
}: StepProps & {
  readonly isNew: boolean;
  readonly namespaces: readonly (readonly [namespace: string, name: string])[];
}) {
  const words = useEditWords();
  return (
    <Section title={words.job}>
      <div className="wizard-fields">
        <Field label={words.name} hint={words.nameHint}>
          <Input
            value={draft.name}
            onChange={(name) => change({ name })}
            required
            disabled={!isNew}
            maxLength={128}
            pattern="[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}"
            autoComplete="off"
            spellCheck={false}
          />
        </Field>
        <Field label={words.namespace}>
          <Select
            value={draft.namespace}
            onChange={(namespace) => change({ namespace })}
            disabled={!isNew}
            options={withNamespace(namespaces, draft.namespace)}
          />
        </Field>
      </div>
    </Section>
  );
}

import { DomainError } from '../domain/errors.ts';
import type { Template } from '../domain/template.ts';
import type { RunOverride } from '../ports/store.ts';

/** What a node's run gets of the workflow. */
export interface WorkflowInput {
  readonly workflowRunId: string;
  /** Parameters of this run of the workflow; null = none. */
  readonly instanceParameters: string | null;
  /** Results of the nodes directly before it, in their order. */
  readonly upstream: readonly { readonly name: string; readonly data: string }[];
}

/** What a dialect says about the nodes of its workflows. */
export interface WorkflowRules {
  /** Why a job is passed over, in words; null = it runs. */
  skips(template: Template): string | null;
  /** What a run of a node changes of the job's definition. Pure. @throws Error when it cannot. */
  override(template: Template, input: WorkflowInput): RunOverride;
  /**
   * The id that a run has which repeats this one by hand; null = there is none. Absent = runs are
   * not repeated. A failed node goes on as its repetition.
   */
  repetitionOf?(runId: string): string | null;
}

/** What a dialect's rules refuse is told on the node; it must not look like a failing store. */
export function overrideOf(
  rules: WorkflowRules,
  current: Template,
  input: WorkflowInput,
): RunOverride {
  try {
    return rules.override(current, input);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new DomainError('invalid-argument', `the job cannot be run: ${words}`);
  }
}

/** Rules for dialects that bring none: nothing is skipped, workers are told what there is to tell. */
export const plainWorkflowRules: WorkflowRules = {
  skips: () => null,
  override(template, { instanceParameters, upstream }) {
    const { spec, document, notActedOn } = template;
    const { artifact } = spec.task;
    if (artifact.kind !== 'worker') return { spec, document, notActedOn };
    const told = {
      ...artifact,
      upstream,
      instanceParameters: instanceParameters ?? artifact.instanceParameters,
    };
    return { spec: { ...spec, task: { ...spec.task, artifact: told } }, document, notActedOn };
  },
};

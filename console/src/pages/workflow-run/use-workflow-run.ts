import { useState } from 'react';
import type { WorkflowRunView } from '../../../../src/dialects/native/views/workflows.ts';
import { path } from '../../api/client.ts';
import { type LiveState, useLive } from '../../api/live.ts';

/** What changed in a node since the last look. */
export interface NodeChange {
  readonly name: string;
  readonly state: string;
}

/** A run of a workflow as it changes. */
export function useWorkflowRun(run: string): {
  readonly view: WorkflowRunView | null;
  readonly changes: readonly NodeChange[];
  readonly line: LiveState;
  readonly error: Error | null;
} {
  const [told, setTold] = useState<{
    readonly run: string;
    readonly view: WorkflowRunView;
    readonly changes: readonly NodeChange[];
  } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const line = useLive(path`/workflow-runs/${run}/follow`, {
    onEvent(event, data) {
      if (event === 'end') return 'end';
      const view = data as WorkflowRunView;
      setTold((before) => ({
        run,
        view,
        changes: before?.run === run ? changesOf(before.view, view) : [],
      }));
      return undefined;
    },
    onState: (_, failure) => setError(failure),
  });
  const current = told?.run === run ? told : null;
  return { view: current?.view ?? null, changes: current?.changes ?? [], line, error };
}

function changesOf(before: WorkflowRunView, now: WorkflowRunView): readonly NodeChange[] {
  const states = new Map(before.nodes.map(({ id, state }) => [id, state] as const));
  return now.nodes
    .filter(({ id, state }) => states.get(id) !== state)
    .map(({ name, id, state }) => ({ name: name === '' ? id : name, state }));
}

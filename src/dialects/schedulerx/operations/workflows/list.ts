import type { SchedulerxOperation } from '../../operation.ts';
import { createWorkflow } from './create-workflow.ts';
import { deleteWorkflow } from './delete-workflow.ts';
import { disableWorkflow } from './disable-workflow.ts';
import { enableWorkflow } from './enable-workflow.ts';
import { executeWorkflow } from './execute-workflow.ts';
import { getWorkflow } from './get-workflow.ts';
import { getWorkflowInstance } from './get-workflow-instance.ts';
import { listWorkflowInstance } from './list-workflow-instance.ts';
import { listWorkflows } from './list-workflows.ts';
import { setWfInstanceSuccess } from './set-wf-instance-success.ts';
import { updateWorkflow } from './update-workflow.ts';
import { updateWorkflowDag } from './update-workflow-dag.ts';

/** Workflows and their runs (schedulerx.md §4.6). */
export const workflowOperations: readonly SchedulerxOperation[] = [
  createWorkflow,
  updateWorkflow,
  updateWorkflowDag,
  getWorkflow,
  listWorkflows,
  deleteWorkflow,
  enableWorkflow,
  disableWorkflow,
  executeWorkflow,
  getWorkflowInstance,
  listWorkflowInstance,
  setWfInstanceSuccess,
];

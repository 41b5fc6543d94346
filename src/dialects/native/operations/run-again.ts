import { Type } from 'typebox';
import { defineOperation, json } from '../operation.ts';
import { closed } from '../views/common.ts';
import { RunView, runView, VariableList, variableView } from '../views/run.ts';
import { runParams } from './runs.ts';

const group = 'runs';

/** Greatest number of an instance. */
const maxIndex = 1_000_000;

const rerun = defineOperation({
  name: 'RerunRun',
  method: 'POST',
  path: '/runs/{run}/rerun',
  group,
  summary:
    'Accepts a run that repeats this one: the same definition, overrides and nominal time. With `failedOnly` only the instances that did not succeed, under their shard numbers and total.',
  params: runParams,
  body: Type.Object(
    {
      failedOnly: Type.Optional(
        Type.Boolean({ default: false, description: 'Only what did not succeed.' }),
      ),
    },
    { ...closed, title: 'RerunInput' },
  ),
  reply: { status: 201, type: 'application/json', schema: RunView, description: 'The new run.' },
  async handle({ params, body, caller }, { engine }) {
    const wish = { failedOnly: body.failedOnly ?? false };
    return json(runView(await engine.runs.rerun(params.run, wish, caller.user.name)), 201);
  },
});

const environment = defineOperation({
  name: 'GetRunEnvironment',
  method: 'GET',
  path: '/runs/{run}/environment',
  group,
  summary:
    'Variables that an instance starts with; secrets are hidden. Those of ConfigMaps are shown as they are now.',
  params: runParams,
  query: Type.Object(
    {
      index: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: maxIndex,
          default: 0,
          description: '0-based number of the instance.',
        }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: VariableList,
    description: 'By name.',
  },
  async handle({ params, query }, { engine }) {
    const rows = await engine.runs.environment(params.run, query.index ?? 0);
    return json({ rows: rows.map(variableView) });
  },
});

export const runAgainOperations = [rerun, environment] as const;

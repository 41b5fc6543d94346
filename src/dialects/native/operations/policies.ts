import { Type } from 'typebox';
import { defineOperation, json, nothing } from '../operation.ts';
import { PolicyInput, PolicyList, policyName, PolicyView, policyView } from '../views/access.ts';

const group = 'policies';
const policyParams = Type.Object({ policy: policyName });

const list = defineOperation({
  name: 'ListPolicies',
  method: 'GET',
  path: '/policies',
  group,
  summary: 'Policies with their documents, built-in ones included.',
  reply: {
    status: 200,
    type: 'application/json',
    schema: PolicyList,
    description: 'All policies.',
  },
  async handle(_call, { engine }) {
    return json({ rows: (await engine.access.policies()).map(policyView) });
  },
});

const put = defineOperation({
  name: 'PutPolicy',
  method: 'PUT',
  path: '/policies/{policy}',
  group,
  summary: 'Creates or replaces a policy. The document is a RAM policy, Version "1".',
  params: policyParams,
  body: PolicyInput,
  reply: { status: 200, type: 'application/json', schema: PolicyView, description: 'The policy.' },
  async handle({ params, body }, { engine }) {
    return json(policyView(await engine.access.putPolicy(params.policy, body.document)));
  },
});

const remove = defineOperation({
  name: 'DeletePolicy',
  method: 'DELETE',
  path: '/policies/{policy}',
  group,
  summary: 'Deletes a policy that no user has.',
  params: policyParams,
  reply: { status: 204, type: null, description: 'Done.' },
  async handle({ params }, { engine }) {
    await engine.access.deletePolicy(params.policy);
    return nothing;
  },
});

export const policyOperations = [list, put, remove] as const;

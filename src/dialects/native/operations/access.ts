import { Type } from 'typebox';
import type { Policy, User } from '../../../domain/access.ts';
import { DomainError } from '../../../domain/errors.ts';
import { compilePolicy, evaluatePolicies, parsePolicy } from '../../../domain/policy-evaluation.ts';
import { defineOperation, json } from '../operation.ts';
import {
  AccessCheckView,
  PolicyCheckView,
  PolicyInput,
  userName,
  type AccessCheckView as AccessCheck,
} from '../views/access.ts';

const check = defineOperation({
  name: 'CheckAccess',
  method: 'GET',
  path: '/access/check',
  group: 'access',
  summary: 'Whether a user may do something on something now, and which statements say so.',
  query: Type.Object({
    user: userName,
    action: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[\\x21-\\x7e]+$',
      description: '`<service>:<Operation>`, e.g. `sae:ExecJob`.',
    }),
    resource: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_024, default: '*', description: 'Its full name.' }),
    ),
    sourceIp: Type.Optional(
      Type.String({ maxLength: 45, description: 'For conditions; absent = your own.' }),
    ),
    secureTransport: Type.Optional(
      Type.Boolean({ default: true, description: 'For conditions: whether it comes by TLS.' }),
    ),
  }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: AccessCheckView,
    description: 'The answer that a request would get.',
  },
  async handle({ query, caller }, { engine, nowMs }) {
    const { action, resource = '*' } = query;
    const user = (await engine.access.users()).find(({ name }) => name === query.user);
    if (user === undefined) {
      throw new DomainError('user-not-found', `no user is called ${query.user}`);
    }
    const request = {
      action,
      resource,
      context: {
        'acs:SourceIp': query.sourceIp ?? caller.sourceIp,
        'acs:CurrentTime': new Date(nowMs()).toISOString(),
        'acs:SecureTransport': String(query.secureTransport ?? true),
        'acs:MFAPresent': 'false',
      },
    };
    const decision = engine.access.authorize(user, request);
    const policies = await engine.access.policies();
    const kind = decision.allowed ? 'allowed' : decision.kind;
    return json({
      user: user.name,
      action,
      resource,
      allowed: decision.allowed,
      why: user.root ? 'root' : words[kind],
      matches: user.root ? [] : matchesOf(user, policies, request),
      missingPolicies: user.policies.filter((name) => !policies.some((one) => one.name === name)),
    });
  },
});

const words: Readonly<Record<'allowed' | 'ImplicitDeny' | 'ExplicitDeny', AccessCheck['why']>> = {
  allowed: 'allowed',
  ImplicitDeny: 'not-allowed',
  ExplicitDeny: 'denied',
};

/** Statements that match, each asked by itself. */
function matchesOf(
  user: User,
  policies: readonly Policy[],
  request: Parameters<typeof evaluatePolicies>[1],
): AccessCheck['matches'] {
  return policies
    .filter(({ name }) => user.policies.includes(name))
    .flatMap(({ name, document }) =>
      document.Statement.flatMap((statement, index) => {
        const alone = compilePolicy({ Version: '1', Statement: [statement] });
        const decision = evaluatePolicies([alone], request);
        const matches = decision.allowed || decision.kind === 'ExplicitDeny';
        return matches ? [{ policy: name, statement: index, effect: statement.Effect }] : [];
      }),
    );
}

const checkPolicy = defineOperation({
  name: 'CheckPolicy',
  audited: 'denials',
  method: 'POST',
  path: '/access/check-policy',
  group: 'access',
  summary: 'Whether a policy document could be kept, and what is wrong where.',
  body: PolicyInput,
  reply: {
    status: 200,
    type: 'application/json',
    schema: PolicyCheckView,
    description: 'What keeping it would say. Nothing is kept.',
  },
  async handle({ body }) {
    try {
      parsePolicy(body.document);
      return json({ valid: true, where: null, message: '' });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { where } = error.details;
      return json({
        valid: false,
        where: typeof where === 'string' ? where : null,
        message: error.message,
      });
    }
  },
});

export const accessOperations = [check, checkPolicy] as const;

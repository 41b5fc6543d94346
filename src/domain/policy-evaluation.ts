import type {
  AccessDecision,
  AccessRequest,
  Policy,
  PolicyDocument,
  PolicyStatement,
} from './access.ts';
import { DomainError } from './errors.ts';
import { compileCondition, matchesWildcard } from './policy-conditions.ts';
import type { ConditionTest } from './policy-conditions.ts';

/** Most statements of one document. */
export const statementLimit = 100;

/** Most entries of one list in a statement, and longest text of an entry. */
export const entryLimit = 200;
export const entryLengthLimit = 1_024;

/** A document prepared for many evaluations. */
export type CompiledPolicy = readonly CompiledStatement[];

interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny';
  /** Lower-case patterns. */
  readonly actions: readonly string[];
  /** The patterns name the actions that are *not* meant. */
  readonly exceptActions: boolean;
  readonly resources: readonly string[];
  readonly conditions: readonly { readonly key: string; readonly test: ConditionTest }[];
}

/** Policies that every installation has (sae.md §3.7). */
export const builtInPolicies: readonly Policy[] = [
  builtIn('AdministratorAccess', ['*']),
  builtIn('AliyunSAEFullAccess', ['sae:*']),
  // The second one lets SDKs create the project that they look for (cdm.md §2.2).
  builtIn('CDMFullAccess', ['cdm:*', 'iam:projects:createProject']),
  builtIn('AliyunSAEReadOnlyAccess', [
    'sae:Get*',
    'sae:List*',
    'sae:Query*',
    'sae:Describe*',
    'sae:CheckInDebt',
    'sae:CheckApplication*',
  ]),
];

/**
 * Checks a document and brings it into one form: a lone statement becomes a list.
 * @throws DomainError `invalid-argument`; message and `details.where` name the offending part.
 */
export function parsePolicy(document: unknown): PolicyDocument {
  const policy = asObject(document, 'policy');
  refuseUnknown(policy, ['Version', 'Statement'], 'policy');
  if (policy['Version'] !== '1') throw invalid('Version', 'must be the string "1"');
  const given = policy['Statement'];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || list.length > statementLimit) {
    throw invalid('Statement', `must hold 1 to ${statementLimit} statements`);
  }
  const parsed: PolicyDocument = {
    Version: '1',
    Statement: list.map((statement, index) => parseStatement(statement, `Statement[${index}]`)),
  };
  // Compiling proves that every condition can be evaluated.
  compilePolicy(parsed);
  return parsed;
}

/**
 * Prepares a parsed document for evaluation.
 * @throws DomainError `invalid-argument` for a condition that cannot be evaluated.
 */
export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  return document.Statement.map((statement, index) => ({
    effect: statement.Effect,
    actions: texts(statement.Action ?? statement.NotAction).map((text) => text.toLowerCase()),
    exceptActions: statement.Action === undefined,
    resources: texts(statement.Resource),
    conditions: Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({
        key,
        test: compileCondition(
          operator,
          texts(values),
          `Statement[${index}].Condition.${operator}.${key}`,
        ),
      })),
    ),
  }));
}

/**
 * Decides a request: any matching Deny refuses, else any matching Allow passes, else it is
 * refused (sae.md §3.7). Knows nothing of root users; they are let through before.
 */
export function evaluatePolicies(
  policies: readonly CompiledPolicy[],
  request: AccessRequest,
): AccessDecision {
  const action = request.action.toLowerCase();
  let allowed = false;
  for (const policy of policies) {
    for (const statement of policy) {
      if (allowed && statement.effect === 'Allow') continue;
      if (!applies(statement, action, request)) continue;
      if (statement.effect === 'Deny') return { allowed: false, kind: 'ExplicitDeny' };
      allowed = true;
    }
  }
  return allowed ? { allowed: true } : { allowed: false, kind: 'ImplicitDeny' };
}

function applies(statement: CompiledStatement, action: string, request: AccessRequest): boolean {
  const named = statement.actions.some((pattern) => matchesWildcard(pattern, action));
  return (
    named !== statement.exceptActions &&
    statement.resources.some((pattern) => matchesWildcard(pattern, request.resource)) &&
    statement.conditions.every(({ key, test }) =>
      test(Object.hasOwn(request.context, key) ? request.context[key] : undefined),
    )
  );
}

function parseStatement(input: unknown, where: string): PolicyStatement {
  const statement = asObject(input, where);
  refuseUnknown(statement, ['Effect', 'Action', 'NotAction', 'Resource', 'Condition'], where);
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw invalid(`${where}.Effect`, 'must be "Allow" or "Deny"');
  }
  const hasAction = statement['Action'] !== undefined;
  if (hasAction === (statement['NotAction'] !== undefined)) {
    throw invalid(where, 'must have either Action or NotAction');
  }
  const resource = parseTexts(statement['Resource'], `${where}.Resource`);
  const condition = statement['Condition'];
  return {
    Effect: effect,
    ...(hasAction
      ? { Action: parseTexts(statement['Action'], `${where}.Action`) }
      : { NotAction: parseTexts(statement['NotAction'], `${where}.NotAction`) }),
    Resource: resource,
    ...(condition === undefined
      ? {}
      : { Condition: parseCondition(condition, `${where}.Condition`) }),
  };
}

function parseCondition(input: unknown, where: string) {
  const operators: Record<string, Record<string, readonly (string | boolean | number)[]>> = {};
  for (const [operator, keys] of Object.entries(asObject(input, where))) {
    const values: Record<string, readonly (string | boolean | number)[]> = {};
    for (const [key, value] of Object.entries(asObject(keys, `${where}.${operator}`))) {
      values[key] = parseValues(value, `${where}.${operator}.${key}`);
    }
    operators[operator] = values;
  }
  return operators;
}

function parseValues(input: unknown, where: string): (string | boolean | number)[] {
  return asList(input, where).map((value) => {
    if (typeof value === 'boolean' || typeof value === 'number') return value;
    return asText(value, where);
  });
}

function parseTexts(input: unknown, where: string): string | readonly string[] {
  const list = asList(input, where).map((value) => asText(value, where));
  return typeof input === 'string' ? input : list;
}

function asList(input: unknown, where: string): readonly unknown[] {
  if (input === undefined) throw invalid(where, 'is missing');
  const list: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (list.length === 0 || list.length > entryLimit) {
    throw invalid(where, `must hold 1 to ${entryLimit} entries`);
  }
  return list;
}

function asText(input: unknown, where: string): string {
  if (typeof input !== 'string' || input === '') throw invalid(where, 'must be text, not empty');
  if (input.length > entryLengthLimit) {
    throw invalid(where, `must be at most ${entryLengthLimit} characters long`);
  }
  return input;
}

function asObject(input: unknown, where: string): Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid(where, 'must be an object');
  }
  return Object.fromEntries(Object.entries(input));
}

function refuseUnknown(
  input: Record<string, unknown>,
  known: readonly string[],
  where: string,
): void {
  // A misspelt member would silently widen what a statement grants.
  for (const name of Object.keys(input)) {
    if (!known.includes(name)) {
      throw invalid(`${where}.${name}`, `is unknown; use ${known.join(', ')}`);
    }
  }
}

function texts(input: undefined | string | boolean | number | readonly unknown[]): string[] {
  if (input === undefined) return [];
  return Array.isArray(input) ? input.map(String) : [String(input)];
}

function invalid(where: string, problem: string): DomainError {
  return new DomainError('invalid-argument', `${where} ${problem}`, { where });
}

function builtIn(name: string, actions: readonly string[]): Policy {
  return {
    name,
    builtIn: true,
    document: {
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
    },
  };
}

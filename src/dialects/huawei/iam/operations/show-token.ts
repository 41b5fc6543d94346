import { Type } from 'typebox';
import type { HuaweiReply, HuaweiCall } from '../../operation.ts';
import type { HuaweiFamily } from '../../family.ts';
import { iamErrors } from '../errors.ts';
import { defineOperation } from '../operation.ts';
import { renderToken } from '../render.ts';

/** Tells about a token, or with HEAD only whether it is good (cdm.md §2.2). */
export const showToken = defineOperation({
  name: 'keystoneValidateToken',
  action: null,
  method: 'GET',
  alsoMethods: ['HEAD'],
  path: '/auth/tokens',
  summary: 'Tells about the token in `X-Subject-Token`; users ask about their own.',
  query: Type.Object({ nocatalog: Type.Optional(Type.String()) }),
  handle: ({ query, ...call }, family) => examine(call, query.nocatalog === undefined, family),
});

/** @throws WireError 404 when it is not, or no longer, good; 403 when it is another user's. */
async function examine(
  { caller, header }: Pick<HuaweiCall, 'caller' | 'header'>,
  withCatalog: boolean,
  family: HuaweiFamily,
): Promise<HuaweiReply> {
  const text = header('x-subject-token')?.trim() ?? '';
  if (text === '') throw iamErrors.badRequest('the header X-Subject-Token is missing.');
  const token = await family.tokens.find(text);
  if (token === null || token.expiresAtMs <= family.context.nowMs()) {
    throw iamErrors.notFound('the token');
  }
  if (!caller.user.root && caller.user.name !== token.user.name) throw iamErrors.forbidden();
  const { scope } = token;
  const project = scope.kind === 'domain' ? null : await family.projects.find(scope.projectId);
  return {
    status: 200,
    headers: { 'x-subject-token': text },
    body: { token: renderToken(family, token, project, withCatalog) },
  };
}

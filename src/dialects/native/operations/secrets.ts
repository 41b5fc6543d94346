import { Type } from 'typebox';
import type { Secret } from '../../../domain/catalog.ts';
import { DomainError } from '../../../domain/errors.ts';
import { itemId, itemPageOf, itemQuery, itemsOf, numberOf } from '../item-rules.ts';
import { defineOperation, json, type NativeServices, nothing } from '../operation.ts';
import {
  NewSecretInput,
  SecretInput,
  SecretPage,
  secretRow,
  SecretView,
} from '../views/secrets.ts';

const group = 'secrets';
const params = Type.Object({ secret: itemId });
const one = {
  status: 200,
  type: 'application/json',
  schema: SecretView,
  description: 'The Secret without its values.',
} as const;

const list = defineOperation({
  name: 'ListSecrets',
  method: 'GET',
  path: '/secrets',
  group,
  summary: 'Secrets of a namespace: names and types, and the templates that use them.',
  query: itemQuery,
  reply: {
    status: 200,
    type: 'application/json',
    schema: SecretPage,
    description: 'Secrets by name.',
  },
  async handle({ query }, services) {
    const { catalog } = services.engine;
    const { dialect, rules } = itemsOf(services);
    const namespace = query.namespace ?? rules.defaultNamespace;
    await rules.requireNamespace(namespace);
    const { rows, next } = await catalog.listSecrets({ dialect, namespace, ...itemPageOf(query) });
    const ids = rows.map(({ id }) => id);
    const referring = ids.length === 0 ? [] : await catalog.referringTemplates('secret', ids);
    return json({
      rows: rows.map((row) => secretRow(row, referring)),
      nextCursor: next,
      types: [...rules.secretTypes],
    });
  },
});

const show = defineOperation({
  name: 'GetSecret',
  method: 'GET',
  path: '/secrets/{secret}',
  group,
  summary: 'A Secret with the names of its values, never the values.',
  params,
  reply: one,
  async handle({ params: { secret } }, services) {
    const { dialect } = itemsOf(services);
    const found = await services.engine.catalog.secretInfo(dialect, numberOf(secret));
    if (found === null) throw unknown(secret);
    return json(await view(services, found));
  },
});

const create = defineOperation({
  name: 'CreateSecret',
  method: 'POST',
  path: '/secrets',
  group,
  summary: 'Makes a Secret; its values are sealed before they are stored.',
  body: NewSecretInput,
  reply: { ...one, status: 201 },
  async handle({ body }, services) {
    const { dialect, rules } = itemsOf(services);
    const { name, type, data, namespace = rules.defaultNamespace } = body;
    rules.checkName(name);
    const stored = rules.storedSecret(type, {}, data);
    await rules.requireNamespace(namespace);
    const made = await services.engine.catalog.createSecret(
      { dialect, namespace, name, type, createdAtMs: services.nowMs() },
      stored,
    );
    return json(await view(services, made), 201);
  },
});

const change = defineOperation({
  name: 'UpdateSecret',
  method: 'PUT',
  path: '/secrets/{secret}',
  group,
  summary: 'Sets some values of a Secret and removes others; the rest stays.',
  params,
  body: SecretInput,
  reply: one,
  async handle({ params: { secret }, body }, services) {
    const { catalog } = services.engine;
    const { dialect, rules } = itemsOf(services);
    const found = await catalog.secret(dialect, numberOf(secret));
    if (found === null) throw unknown(secret);
    const gone = new Set(body.remove ?? []);
    const kept = Object.fromEntries(Object.entries(found.data).filter(([key]) => !gone.has(key)));
    const stored = rules.storedSecret(found.secret.type, kept, body.set ?? {});
    const changed = await catalog.updateSecret(dialect, numberOf(secret), stored, services.nowMs());
    return json(await view(services, changed));
  },
});

const remove = defineOperation({
  name: 'DeleteSecret',
  method: 'DELETE',
  path: '/secrets/{secret}',
  group,
  summary: 'Deletes a Secret that no template uses.',
  params,
  reply: { status: 204, type: null, description: 'Done.' },
  async handle({ params: { secret } }, services) {
    await services.engine.catalog.deleteSecret(itemsOf(services).dialect, numberOf(secret));
    return nothing;
  },
});

function unknown(secret: string): DomainError {
  return new DomainError('secret-not-found', `no Secret has the id ${secret}`);
}

async function view({ engine }: Pick<NativeServices, 'engine'>, secret: Secret) {
  const { catalog } = engine;
  const [referring, keys] = await Promise.all([
    catalog.referringTemplates('secret', [secret.id]),
    catalog.secret(secret.dialect, secret.id).then(
      (opened) => (opened === null ? null : Object.keys(opened.data)),
      (error: unknown) => {
        // Sealed with another master key: it can be deleted, and that needs its row.
        if (error instanceof DomainError && error.code === 'invalid-argument') return null;
        throw error;
      },
    ),
  ]);
  return { ...secretRow(secret, referring), keys };
}

export const secretOperations = [list, show, create, change, remove] as const;

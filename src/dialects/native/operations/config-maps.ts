import { Type } from 'typebox';
import type { ConfigMap } from '../../../domain/catalog.ts';
import { DomainError } from '../../../domain/errors.ts';
import { itemId, itemPageOf, itemQuery, itemsOf, numberOf } from '../item-rules.ts';
import { defineOperation, json, type NativeServices, nothing } from '../operation.ts';
import {
  ConfigMapInput,
  ConfigMapPage,
  configMapRow,
  ConfigMapView,
  configMapView,
  NewConfigMapInput,
} from '../views/config-maps.ts';

const group = 'config-maps';
const params = Type.Object({ configMap: itemId });
const one = {
  status: 200,
  type: 'application/json',
  schema: ConfigMapView,
  description: 'The ConfigMap.',
} as const;

const list = defineOperation({
  name: 'ListConfigMaps',
  method: 'GET',
  path: '/config-maps',
  group,
  summary: 'ConfigMaps of a namespace, with the templates that use them, without their data.',
  query: itemQuery,
  reply: {
    status: 200,
    type: 'application/json',
    schema: ConfigMapPage,
    description: 'ConfigMaps by name.',
  },
  async handle({ query }, services) {
    const { catalog } = services.engine;
    const { dialect, rules } = itemsOf(services);
    const namespace = query.namespace ?? rules.defaultNamespace;
    await rules.requireNamespace(namespace);
    const { rows, next } = await catalog.listConfigMaps({
      dialect,
      namespace,
      ...itemPageOf(query),
    });
    const ids = rows.map(({ id }) => id);
    const referring = ids.length === 0 ? [] : await catalog.referringTemplates('config-map', ids);
    return json({ rows: rows.map((row) => configMapRow(row, referring)), nextCursor: next });
  },
});

const show = defineOperation({
  name: 'GetConfigMap',
  method: 'GET',
  path: '/config-maps/{configMap}',
  group,
  summary: 'A ConfigMap with its data and the templates that use it.',
  params,
  reply: one,
  async handle({ params: { configMap } }, services) {
    const { dialect } = itemsOf(services);
    const [found] = await services.engine.catalog.configMaps(dialect, [numberOf(configMap)]);
    if (found === undefined) {
      throw new DomainError('config-map-not-found', `no ConfigMap has the id ${configMap}`);
    }
    return json(await view(services, found));
  },
});

const create = defineOperation({
  name: 'CreateConfigMap',
  method: 'POST',
  path: '/config-maps',
  group,
  summary: 'Makes a ConfigMap, by the rules of the API that owns them.',
  body: NewConfigMapInput,
  reply: { ...one, status: 201 },
  async handle({ body }, services) {
    const { dialect, rules } = itemsOf(services);
    const { name, data, description = '', namespace = rules.defaultNamespace } = body;
    rules.checkName(name);
    rules.checkDescription(description);
    rules.checkData(data);
    await rules.requireNamespace(namespace);
    const made = await services.engine.catalog.createConfigMap({
      dialect,
      namespace,
      name,
      description,
      data,
      createdAtMs: services.nowMs(),
    });
    return json(await view(services, made), 201);
  },
});

const change = defineOperation({
  name: 'UpdateConfigMap',
  method: 'PUT',
  path: '/config-maps/{configMap}',
  group,
  summary: 'Replaces the data of a ConfigMap; jobs that start from now on see it.',
  params,
  body: ConfigMapInput,
  reply: one,
  async handle({ params: { configMap }, body }, services) {
    const { dialect, rules } = itemsOf(services);
    const { data, description } = body;
    rules.checkData(data);
    if (description !== undefined) rules.checkDescription(description);
    const changed = await services.engine.catalog.updateConfigMap(dialect, numberOf(configMap), {
      data,
      ...(description === undefined ? {} : { description }),
      atMs: services.nowMs(),
    });
    return json(await view(services, changed));
  },
});

const remove = defineOperation({
  name: 'DeleteConfigMap',
  method: 'DELETE',
  path: '/config-maps/{configMap}',
  group,
  summary: 'Deletes a ConfigMap that no template uses.',
  params,
  reply: { status: 204, type: null, description: 'Done.' },
  async handle({ params: { configMap } }, services) {
    await services.engine.catalog.deleteConfigMap(itemsOf(services).dialect, numberOf(configMap));
    return nothing;
  },
});

async function view({ engine }: Pick<NativeServices, 'engine'>, configMap: ConfigMap) {
  const referring = await engine.catalog.referringTemplates('config-map', [configMap.id]);
  return configMapView(configMap, referring);
}

export const configMapOperations = [list, show, create, change, remove] as const;

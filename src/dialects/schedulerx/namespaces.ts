/** Namespaces: those of the engine's catalog, and one that is always there (schedulerx.md §6 #14). */
import type { Namespace } from '../../domain/catalog.ts';
import type { Params } from '../aliyun/operation.ts';
import { failures } from './errors.ts';
import { required } from './parameters.ts';
import type { SchedulerxServices } from './services.ts';

/** The namespace that nobody made and nobody can change. */
export const systemNamespace: Namespace = {
  dialect: 'schedulerx',
  id: 'default',
  name: 'default',
  description: '',
  document: {},
  createdAtMs: 0,
  updatedAtMs: 0,
};

/** Null when there is none of this id. */
export async function findNamespace(
  { context }: SchedulerxServices,
  id: string,
): Promise<Namespace | null> {
  return id === systemNamespace.id
    ? systemNamespace
    : context.engine.catalog.namespace('schedulerx', id);
}

/** The namespace that `Namespace` names. @throws WireError `namespace can not find …`. */
export async function requireNamespace(
  services: SchedulerxServices,
  params: Params,
): Promise<Namespace> {
  const id = required(params, 'Namespace');
  const namespace = await findNamespace(services, id);
  if (namespace === null) throw failures.unknownNamespace(id, params.get('NamespaceSource'));
  return namespace;
}

import type { RunDetail } from '../../domain/run.ts';
import type { Template } from '../../domain/template.ts';
import type { Params } from '../aliyun/operation.ts';
import { saeError, unknownJob } from './errors.ts';
import { parameterInfo } from './parameters/parameter.ts';
import { readBoolean, readInteger } from './parameters/scalars.ts';
import type { SaeServices, SaeSettings } from './services.ts';

/** Coverage row of the parameter nearly every operation has. */
export const appIdInfo = parameterInfo('AppId', 'string', true, 'the template');

/** `Data` of DeleteJob and DeleteHistoryJob: JSON inside a string (sae.md §2.4). */
export const deletedData = '{"msg":"","code":200,"success":true}';

/** @throws WireError `InvalidParameter.NotEmpty` when absent or empty. */
export function requiredText(params: Params, name: string): string {
  const text = params.get(name) ?? '';
  if (text === '') throw saeError('InvalidParameter.NotEmpty', name);
  return text;
}

/** A value that is there, undefined for an absent or empty one. */
export function optionalText(params: Params, name: string): string | undefined {
  const text = params.get(name) ?? '';
  return text === '' ? undefined : text;
}

/** One of the values, undefined when absent. @throws WireError `InvalidParameter.Obviously`. */
export function optionalChoice<const T extends string>(
  params: Params,
  name: string,
  values: readonly T[],
): T | undefined {
  const text = optionalText(params, name);
  const value = values.find((item) => item === text);
  if (text !== undefined && value === undefined) throw saeError('InvalidParameter.Obviously', name);
  return value;
}

/** A boolean, undefined when absent. @throws WireError `InvalidParameter.Obviously`. */
export function optionalBoolean(params: Params, name: string): boolean | undefined {
  const text = optionalText(params, name);
  if (text === undefined) return undefined;
  const value = readBoolean(text);
  if (value === undefined) throw saeError('InvalidParameter.Obviously', name);
  return value;
}

const defaultPageSize = 20;

/** A page of a list: 1-based page number and rows per page. */
export interface PageRequest {
  readonly currentPage: number;
  readonly pageSize: number;
  readonly offset: number;
}

/** Reads CurrentPage and PageSize (U20). @throws WireError `InvalidParameter.Obviously`. */
export function pageRequest(params: Params, maxPageSize: number): PageRequest {
  const currentPage = pageInteger(params, 'CurrentPage', 1, 1);
  const pageSize = pageInteger(params, 'PageSize', defaultPageSize, 0, maxPageSize);
  return { currentPage, pageSize, offset: (currentPage - 1) * pageSize };
}

/** Coverage rows of paging. */
export function pageInfos(maxPageSize: number) {
  return [
    parameterInfo('CurrentPage', 'integer', false, 'from 1; default 1'),
    parameterInfo('PageSize', 'integer', false, `0 to ${maxPageSize}; default ${defaultPageSize}`),
  ];
}

function pageInteger(
  params: Params,
  name: string,
  byDefault: number,
  min: number,
  max?: number,
): number {
  const text = optionalText(params, name);
  if (text === undefined) return byDefault;
  const value = readInteger(text, min, max);
  if (value === undefined) throw saeError('InvalidParameter.Obviously', name);
  return value;
}

/** Refuses changes of templates while the operator wants none. @throws WireError `System.Upgrading`. */
export function refuseInMaintenance({ maintenance }: SaeSettings): void {
  if (maintenance) throw saeError('System.Upgrading');
}

/** The template that AppId names. @throws WireError `InvalidApplication.NotFound`. */
export async function knownTemplate(services: SaeServices, appId: string): Promise<Template> {
  const template = await services.context.engine.templates.get(appId, 'sae');
  if (template === null) throw saeError('InvalidApplication.NotFound');
  return template;
}

/** A run of this very template; any other counts as unknown (U24). @throws WireError. */
export async function knownRun(
  services: SaeServices,
  appId: string,
  jobId: string,
): Promise<RunDetail> {
  const run = await services.context.engine.runs.get(jobId);
  if (run === null || run.dialect !== 'sae' || run.templateId !== appId) throw unknownJob();
  return run;
}

/** The RAM resource of operations on one template; `*` when there is none to name (sae.md §3.7). */
export async function applicationResource(params: Params, services: SaeServices): Promise<string> {
  const { engine, region, accountId } = services.context;
  const appId = optionalText(params, 'AppId');
  const template = appId === undefined ? null : await engine.templates.get(appId, 'sae');
  return template === null
    ? '*'
    : `acs:sae:${region}:${accountId}:application/${template.namespace}/${template.id}`;
}

import type { Template, TemplateRevision } from '../../domain/template.ts';
import type { TransferDefinition } from '../../domain/transfer/definition.ts';
import { jobOf } from './job-document.ts';
import type { ConfigValues } from './values/config-values.ts';

/** Driver and source inputs that name links. */
const linkNaming: ReadonlySet<string> = new Set([
  'throttlingConfig.writeToLink',
  'fromJobConfig.listLink',
]);

/** A job's revision with one link called otherwise (cdm.md §3.13). @throws Error for no data job. */
export function renamedLink(current: Template, from: string, to: string): TemplateRevision {
  const { spec, document, notActedOn, refersTo, schedule } = current;
  const { artifact } = spec.task;
  const job = jobOf(current);
  if (artifact.kind !== 'transfer' || job === null) throw new Error('a template is no data job');
  const name = (link: string): string => (link === from ? to : link);
  const values = (stored: unknown): ConfigValues => {
    const group = stored as ConfigValues;
    return {
      ...group,
      configs: group.configs.map((config) => ({
        ...config,
        inputs: config.inputs.map((input) =>
          linkNaming.has(input.name) && input.value === from ? { ...input, value: to } : input,
        ),
      })),
    };
  };
  const kept = job.document;
  return {
    spec: {
      ...spec,
      task: {
        ...spec.task,
        artifact: { ...artifact, definition: renamedIn(artifact.definition, name) },
      },
    },
    document: {
      ...document,
      fromLink: name(kept.fromLink),
      toLink: name(kept.toLink),
      from: values(kept.from),
      driver: values(kept.driver),
    },
    notActedOn,
    refersTo,
    schedule,
  };
}

function renamedIn(
  definition: TransferDefinition,
  name: (link: string) => string,
): TransferDefinition {
  const { from, to, dirtyRows } = definition;
  const list = from.kind === 'files' ? from.listFile : null;
  return {
    ...definition,
    from:
      from.kind === 'files'
        ? {
            ...from,
            link: name(from.link),
            listFile: list === null ? null : { ...list, link: name(list.link) },
          }
        : { ...from, link: name(from.link) },
    to: { ...to, link: name(to.link) },
    dirtyRows: {
      ...dirtyRows,
      copyTo:
        dirtyRows.copyTo === null
          ? null
          : { ...dirtyRows.copyTo, link: name(dirtyRows.copyTo.link) },
    },
  };
}

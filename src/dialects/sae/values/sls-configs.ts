import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { LogCollection } from '../../../domain/template.ts';
import { saeError } from '../errors.ts';
import { jsonText, PlainText, wrong } from './json-text.ts';
import { normalPath } from './paths.ts';

const text = Type.Optional(Type.Union([PlainText, Type.Null()]));
const SlsEntry = Type.Object({
  projectName: text,
  logDir: text,
  logType: text,
  logstoreName: text,
  logtailName: text,
});

const slsText = jsonText(
  Type.Array(SlsEntry),
  '[{"logDir":"","logType":"stdout"},{"logDir":"/tmp/a.log"}]',
);

/** One log collection entry as it was sent. */
export type SlsConfig = Static<typeof SlsEntry>;

/** Most things that a template collects. */
const maxEntries = 100;

/** Names with this prefix belong to the service. */
const servicePrefix = 'sae-';

/** Reads `SlsConfigs` for its shape; `checkSlsConfigs` looks at the meaning later. */
export function parseSlsConfigs(value: string): readonly SlsConfig[] {
  const entries = slsText.parse('SlsConfigs', value);
  for (const [index, entry] of entries.entries()) {
    if (given(entry.logType) && !isStdout(entry)) {
      throw wrong('SlsConfigs', `/${index}/logType must be stdout or absent`);
    }
  }
  if (entries.length > maxEntries) throw wrong('SlsConfigs', `has more than ${maxEntries} items`);
  if (entries.filter(isStdout).length > 1) {
    throw wrong('SlsConfigs', 'logType stdout is allowed once');
  }
  return entries;
}

/**
 * The rules of sae.md §4.3.6.
 * @throws WireError `LogService.LogDirInvalid` or one of `Sls.*`.
 */
export function checkSlsConfigs(entries: readonly SlsConfig[]): void {
  for (const entry of entries) {
    if (!isStdout(entry) && !isLogPath(entry.logDir ?? '')) {
      throw saeError('LogService.LogDirInvalid');
    }
    if (given(entry.projectName) && !given(entry.logstoreName)) {
      throw saeError('Sls.Config.User.Defined.Missing.Logstore.Info');
    }
    if (given(entry.logstoreName) && !given(entry.projectName)) {
      throw saeError('Sls.Config.User.Defined.Missing.Project.Info');
    }
    if ((entry.projectName ?? '').startsWith(servicePrefix)) {
      throw saeError('Sls.Project.Name.Invalid');
    }
    if ((entry.logstoreName ?? '').startsWith(servicePrefix)) {
      throw saeError('Sls.Logstore.Name.Invalid');
    }
  }
  const own = entries.filter((entry) => given(entry.projectName)).length;
  if (own > 0 && own < entries.length) throw saeError('Sls.Config.Mixed.Multi.Project');
}

/** What the entries collect, each thing once for each log store. */
export function logCollections(entries: readonly SlsConfig[]): readonly LogCollection[] {
  const collections = new Map<string, LogCollection>();
  for (const entry of entries) {
    const collection: LogCollection = {
      source: isStdout(entry)
        ? { kind: 'stdout' }
        : { kind: 'file', path: normalPath(entry.logDir ?? '') },
      into: given(entry.projectName)
        ? { project: entry.projectName, logstore: entry.logstoreName ?? '' }
        : null,
    };
    collections.set(JSON.stringify(collection), collection);
  }
  return [...collections.values()];
}

/** An absolute path of a file; only its last part may be a pattern. */
function isLogPath(path: string): boolean {
  if (!path.startsWith('/') || path.endsWith('/')) return false;
  const clean = normalPath(path);
  return clean !== '/' && !clean.slice(0, clean.lastIndexOf('/')).includes('*');
}

function isStdout(entry: SlsConfig): boolean {
  return entry.logType === 'stdout';
}

function given(value: string | null | undefined): value is string {
  return value !== undefined && value !== null && value !== '';
}

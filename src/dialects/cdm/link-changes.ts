/** Making and changing links (cdm.md §3.13). */
import { TransferError } from '../../domain/transfer/errors.ts';
import type { Link, LinkOptions } from '../../domain/transfer/link.ts';
import type { LinkContent } from '../../engine/index.ts';
import { WireError } from '../huawei/errors.ts';
import { cdmError } from './errors.ts';
import { linkFailureCode } from './failure-codes.ts';
import { renameInIndex } from './job-index.ts';
import { jobsUsing } from './jobs.ts';
import { type LinkDocument, readLinkDocument } from './links.ts';
import { renamedLink } from './link-rename.ts';
import { checkName } from './names.ts';
import type { LinkUse } from './rights.ts';
import type { CdmServices } from './services.ts';
import { findConnector } from './translate/connectors.ts';
import { translateLink } from './translate/link.ts';
import { linkResult } from './translate/validation.ts';
import { readConfigValues, type ConfigValues } from './values/config-values.ts';
import { keepSecrets, openValues, sealValues } from './values/secrets.ts';
import { readSettings } from './values/settings.ts';
import { linkInputs } from './translate/inputs/links.ts';

/** Longest name of a link. */
const maxLinkNameChars = 256;
/** Longest connection test (cdm.md §3.13). */
export const testTimeoutMs = 10_000;

/** A link that can be made: everything about it was checked but the connection. */
export interface CheckedLink {
  readonly name: string;
  readonly connector: string;
  readonly content: LinkContent & { readonly options: LinkOptions };
  readonly withoutEffect: readonly string[];
}

/** How a link of a request is looked at. */
export interface LinkCheck {
  /** Place in the request, for what is wrong. */
  readonly where: string;
  /** The link that is replaced: its secrets stand for placeholders; null for a new one. */
  readonly previous: Link | null;
  /** Asked about a link whose files it takes. */
  readonly use: LinkUse;
}

/** @throws WireError Cdm.0238, Cdm.0102, Cdm.0055, Cdm.0317, Cdm.0032 and those of inputs. */
export async function checkLink(
  services: CdmServices,
  clusterId: string,
  raw: Readonly<Record<string, unknown>>,
  { where, previous, use }: LinkCheck,
): Promise<CheckedLink> {
  const name = checkName(raw['name'] ?? previous?.name, `${where}.name`, maxLinkNameChars);
  const before = previous === null ? null : readLinkDocument(previous);
  const connectorName = raw['connector-name'] ?? before?.connector;
  if (typeof connectorName !== 'string' || connectorName === '') {
    throw cdmError('Cdm.0238', `${where}.connector-name`);
  }
  const connector = findConnector(connectorName);
  if (connector === null) throw cdmError('Cdm.0102', connectorName);
  if (before !== null && before.connector !== connector.name) {
    throw cdmError('Cdm.0317', name, `its connector is ${before.connector} and cannot be changed.`);
  }
  const { enabled = true } = raw;
  if (typeof enabled !== 'boolean') {
    throw cdmError('Cdm.0004', `${where}.enabled`, 'must be true or false');
  }
  const group = `${where}.link-config-values`;
  const given = readConfigValues(raw['link-config-values'], group);
  const values = keepSecrets(given, before === null ? null : opened(services, before));
  const { engine } = services.context;
  const { options, withoutEffect } = await translateLink(name, connector, values, {
    strict: services.settings.transfers.strict,
    lookUp: async (other) => {
      use(other);
      return (await engine.links.get(clusterId, other))?.options ?? null;
    },
  });
  const document: LinkDocument = {
    kind: 'link',
    connector: connector.name,
    databaseType: databaseTypeOf(connector.name, values),
    values: sealValues(values, (text, purpose) => services.context.seal(text, purpose)),
    withoutEffect,
  };
  return {
    name,
    connector: connector.name,
    content: { options, enabled, document: { ...document } },
    withoutEffect,
  };
}

/**
 * Connects and lets go.
 * @throws WireError 500 with `validation-result` (cdm.md §2.4) when that is not possible.
 */
export async function testLink(services: CdmServices, link: CheckedLink): Promise<void> {
  try {
    await services.context.engine.dataJobs.test(link.content.options, testTimeoutMs);
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    const { message } = error;
    throw new WireError(500, linkFailureCode(link.connector, error.code), message, {
      'validation-result': linkResult([{ message, status: 'ERROR' }]),
    });
  }
}

/** Makes all of the links or none. @throws WireError Cdm.0315. */
export async function createLinks(
  services: CdmServices,
  clusterId: string,
  links: readonly CheckedLink[],
  by: string,
): Promise<void> {
  const made: string[] = [];
  try {
    for (const link of links) {
      await addLink(services, clusterId, link, by);
      made.push(link.name);
    }
  } catch (error) {
    for (const name of made) await removeLink(services, clusterId, name, by);
    throw error;
  }
}

async function addLink(
  { context }: CdmServices,
  clusterId: string,
  { name, content }: CheckedLink,
  by: string,
): Promise<void> {
  await context.engine.links.change(
    clusterId,
    name,
    (current) => {
      if (current !== null) throw cdmError('Cdm.0315', name);
      return content;
    },
    by,
  );
}

/** Replaces a link; under another name the jobs that use it follow. @throws WireError. */
export async function replaceLink(
  services: CdmServices,
  clusterId: string,
  oldName: string,
  link: CheckedLink,
  by: string,
): Promise<void> {
  if (link.name === oldName) {
    await services.context.engine.links.change(
      clusterId,
      oldName,
      (current) => {
        if (current === null) throw cdmError('Cdm.0316', oldName);
        return link.content;
      },
      by,
    );
    return;
  }
  await addLink(services, clusterId, link, by);
  for (const { name, templateId } of await jobsUsing(services, clusterId, oldName)) {
    await services.context.engine.templates.update(
      templateId,
      'cdm',
      (current) => renamedLink(current, oldName, link.name),
      by,
    );
    await renameInIndex(services.context.engine, clusterId, name, {
      from: oldName,
      to: link.name,
      nowMs: services.context.nowMs(),
    });
  }
  await removeLink(services, clusterId, oldName, by);
}

/** Harmless when it is gone. */
export async function removeLink(
  { context }: CdmServices,
  clusterId: string,
  name: string,
  by: string,
): Promise<void> {
  await context.engine.links.change(clusterId, name, () => null, by);
}

function opened({ context }: CdmServices, document: LinkDocument): ConfigValues {
  return openValues(document.values, (sealed, purpose) => context.unseal(sealed, purpose));
}

function databaseTypeOf(connector: string, values: ConfigValues): string {
  if (connector !== 'generic-jdbc-connector') return '';
  const [settings] = readSettings(values, linkInputs[connector] ?? [], false);
  return settings?.choice('databaseType', '') ?? '';
}

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { LinkOptions } from '../../domain/transfer/link.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import { fileConnector } from '../files/connector.ts';
import { openLocalStore } from './local-store.ts';

type LocalOptions = Extract<LinkOptions, { kind: 'local' }>;

/** Folders of this machine that the operator gave a name (cdm.md §4.3, nas-connector). */
export function localConnector(context: ConnectorContext): Connector<'local'> {
  return fileConnector<'local'>('local', context, {
    test: async (options) => {
      const folder = folderOfShare(options, context);
      await checkFolder(options, folder);
    },
    open: async (options) => {
      const folder = folderOfShare(options, context);
      await checkFolder(options, folder);
      return openLocalStore(folder);
    },
  });
}

function folderOfShare({ share }: LocalOptions, { shares }: ConnectorContext): string {
  const wanted = plainShare(share);
  const found = Object.entries(shares).find(([name]) => plainShare(name) === wanted);
  if (found === undefined) {
    const names = Object.keys(shares);
    const known = names.length === 0 ? 'none is' : `these are: ${names.sort().join(', ')}`;
    throw new TransferError(
      'link-unreachable',
      `the share ${share} is not mapped to a folder of this server (${known}); its operator can map it in the configuration`,
    );
  }
  return found[1];
}

/** Shares are the same with either slash and with or without one at the end. */
function plainShare(share: string): string {
  return share
    .trim()
    .replaceAll('\\', '/')
    .replace(/(?<=[^/])\/+$/, '')
    .replace(/^local:/i, '');
}

async function checkFolder({ share }: LocalOptions, folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is no folder');
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'it is not there' : code === 'EACCES' ? 'no permission' : message;
    throw new TransferError(
      'link-unreachable',
      `the folder that the share ${share} is mapped to cannot be used: ${why}`,
      { cause: error },
    );
  }
}

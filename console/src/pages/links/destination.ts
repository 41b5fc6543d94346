import type { LinkView } from '../../../../src/dialects/native/views/link.ts';

/** Where a link leads, in one line. Never holds secrets: answers have none. */
export function destinationOf({ kind, options }: Pick<LinkView, 'kind' | 'options'>): string {
  const text = (name: string): string => {
    const value = options[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  switch (kind) {
    case 'postgres':
    case 'mysql': {
      const hosts = Array.isArray(options['hosts']) ? options['hosts'].join(', ') : '';
      return `${text('user')}@${hosts}:${text('port')}/${text('database')}`;
    }
    case 'sqlite':
      return text('file');
    case 'local':
      return text('share');
    case 's3':
      return text('endpoint');
    case 'sftp':
    case 'ftp':
      return `${text('user')}@${text('host')}:${text('port')}`;
    case 'warehouse': {
      const files = options['files'];
      const inner =
        typeof files === 'object' && files !== null
          ? (files as Readonly<Record<string, unknown>>)
          : {};
      const root = destinationOf({ kind: String(inner['kind'] ?? ''), options: inner });
      return [root, text('bucket'), text('path')].filter((part) => part !== '').join('/');
    }
    default:
      return '';
  }
}

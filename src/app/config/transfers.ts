import { Type } from 'typebox';
import { closed } from './shapes.ts';

/** Data jobs and what their links may reach. */
export const transfers = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Whether data jobs run here. Their workers are processes of the server’s own user, which run no code of users.',
    }),
    maxConcurrentWorkers: Type.Union([Type.Integer({ minimum: 1, maximum: 1_000 }), Type.Null()], {
      default: null,
      'x-default': 'two for each processor',
      description: 'Most workers of data jobs at the same time; further ones wait in the queue.',
    }),
    databases: Type.Union([Type.String({ pattern: '^/' }), Type.Null()], {
      default: null,
      description:
        'Folder that SQLite files of links lie below. `null` = links to SQLite are refused.',
    }),
    shares: Type.Array(
      Type.Object(
        {
          name: Type.String({
            minLength: 1,
            maxLength: 1_024,
            description: 'Name or address of the share as links give it, e.g. `//files/exchange`.',
          }),
          folder: Type.String({ pattern: '^/', description: 'Folder of this machine that it is.' }),
        },
        closed,
      ),
      {
        maxItems: 1_000,
        default: [],
        description: 'Shares (NFS, SMB) that links may name, as folders of this machine.',
      },
    ),
    hosts: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      maxItems: 1_000,
      default: [],
      description:
        'Hosts that links may name: host names, addresses (`10.0.0.7`) and networks (`10.0.0.0/8`). Empty = any. Addresses that jobs of http links name must be public or among these.',
    }),
  },
  closed,
);

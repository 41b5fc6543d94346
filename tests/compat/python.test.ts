import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/tools.ts';
import { compare, type Language, TEST_DEADLINE_MS } from './scenario.ts';
import { startSdk } from './sdk.ts';
import { prepared, run } from './toolchain.ts';

const folder = join(import.meta.dirname, 'python');
const requirements = join(folder, 'requirements.txt');

const python: Language = {
  name: 'Python',
  // Known to old command lines only.
  unsupported: ['GetJobHistory'],
  secretData: (text) => ({ SecretData: text }),
  // Of the contract, but this list’s class lacks it.
  unknownMembers: ['ListNamespaceChangeOrders.Data.ChangeOrderList[].AppId'],
};

/** Signatures the SDK can make, as its configuration calls them. */
const signatures: Readonly<Record<string, readonly string[]>> = { V3: [], V1: ['v2'] };

for (const [signature, algorithm] of Object.entries(signatures)) {
  test(
    `Alibaba’s typed SDK for Python, ${signature}: every operation`,
    { ...needs('python3'), timeout: TEST_DEADLINE_MS },
    async (t) => {
      const tools = await prepared('python', [requirements], async (venv) => {
        await run('python3', ['-m', 'venv', venv]);
        const install = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
        await run(join(venv, 'bin', 'python'), install);
      });
      if ('missing' in tools) return t.skip(tools.missing);
      const program = [join(tools.folder, 'bin', 'python'), join(folder, 'driver.py')] as const;
      await compare(t, python, (server, key) =>
        startSdk(t, [...program, new URL(server.url).host, key.id, key.secret, ...algorithm]),
      );
    },
  );
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LinkOptions } from '../../src/domain/transfer/link.ts';
import {
  account,
  jail,
  missingServer,
  type PrivateServer,
  privateServer,
} from './private-accounts.ts';

type SftpLink = Extract<LinkOptions, { kind: 'sftp' }>;

/** One real OpenSSH server of the tests' own that speaks SFTP only. */
export interface TestSftpServer extends PrivateServer {
  /** By password, with the fingerprint of its key. */
  readonly link: SftpLink;
  /** A key that it accepts, PEM. */
  readonly privateKey: string;
}

export const missingSshd = (): string | null => missingServer('sshd', 'Debian: openssh-server');

/** Starts an sshd. Its account sees nothing but the root folder. */
export async function testSftpServer(): Promise<TestSftpServer> {
  let fingerprint = '';
  let privateKey = '';
  const server = await privateServer({
    program: 'sshd',
    // The root of a jail must be root's own, and tests write into it.
    uid: 0,
    prepare: async (folder, port) => {
      makeKey(join(folder, 'host_key'));
      makeKey(join(folder, 'user_key'));
      fingerprint = fingerprintOf(join(folder, 'host_key.pub'));
      privateKey = readFileSync(join(folder, 'user_key'), 'utf8');
      const settings = {
        ListenAddress: '127.0.0.1',
        Port: port,
        HostKey: join(folder, 'host_key'),
        AuthorizedKeysFile: join(folder, 'user_key.pub'),
        StrictModes: 'no',
        UsePAM: 'no',
        PasswordAuthentication: 'yes',
        PermitRootLogin: 'yes',
        PidFile: 'none',
        MaxStartups: '100',
        Subsystem: 'sftp internal-sftp',
        ForceCommand: 'internal-sftp',
        ChrootDirectory: jail,
      };
      const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
      await writeFile(join(folder, 'conf'), lines.join(''));
      return ['/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'conf')];
    },
    mounts: () => [],
  });
  const { user, password } = account;
  const link: SftpLink = {
    kind: 'sftp',
    host: '127.0.0.1',
    port: server.port,
    user,
    password,
    privateKey: '',
    hostKeyFingerprint: fingerprint,
  };
  return { ...server, link, privateKey };
}

function makeKey(file: string): void {
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  if (made.status !== 0) throw new Error(`ssh-keygen failed: ${made.stderr.toString()}`);
}

function fingerprintOf(file: string): string {
  const told = spawnSync('ssh-keygen', ['-l', '-f', file]).stdout.toString();
  return /SHA256:\S+/.exec(told)?.[0] ?? '';
}

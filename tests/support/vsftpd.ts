import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LinkOptions } from '../../src/domain/transfer/link.ts';
import {
  account,
  jail,
  missingServer,
  type PrivateServer,
  privateServer,
} from './private-accounts.ts';

type FtpLink = Extract<LinkOptions, { kind: 'ftp' }>;

/** One real FTP server of the tests' own. */
export interface TestFtpServer extends PrivateServer {
  readonly link: FtpLink;
  /** PEM of the certificate that it shows. */
  readonly certificate: string;
}

export const missingVsftpd = (): string | null => missingServer('vsftpd', 'Debian: vsftpd');

/** Starts a vsftpd; `tls` makes it refuse whoever speaks in the clear. */
export async function testVsftpd({ tls = false } = {}): Promise<TestFtpServer> {
  let certificate = '';
  const server = await privateServer({
    program: 'vsftpd',
    uid: 61_234,
    prepare: async (folder, port) => {
      certificate = makeCertificate(folder);
      const empty = join(folder, 'empty');
      await mkdir(empty, { mode: 0o555 });
      await writeFile(
        join(folder, 'pam'),
        'auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n',
      );
      const yes = tls ? 'YES' : 'NO';
      const settings = {
        listen: 'YES',
        listen_ipv6: 'NO',
        listen_address: '127.0.0.1',
        listen_port: port,
        background: 'NO',
        anonymous_enable: 'NO',
        local_enable: 'YES',
        write_enable: 'YES',
        local_umask: '022',
        check_shell: 'NO',
        chroot_local_user: 'YES',
        allow_writeable_chroot: 'YES',
        local_root: jail,
        secure_chroot_dir: empty,
        pam_service_name: 'vsftpd',
        seccomp_sandbox: 'NO',
        isolate: 'NO',
        isolate_network: 'NO',
        utf8_filesystem: 'YES',
        xferlog_enable: 'NO',
        dual_log_enable: 'NO',
        syslog_enable: 'NO',
        max_login_fails: 1,
        delay_failed_login: 0,
        ssl_enable: yes,
        force_local_logins_ssl: yes,
        force_local_data_ssl: yes,
        rsa_cert_file: join(folder, 'cert.pem'),
        rsa_private_key_file: join(folder, 'key.pem'),
      };
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
      await writeFile(join(folder, 'conf'), lines.join(''));
      return ['vsftpd', join(folder, 'conf')];
    },
    mounts: (folder) => [[join(folder, 'pam'), '/etc/pam.d/vsftpd']],
  });
  const { user, password } = account;
  const link: FtpLink = {
    kind: 'ftp',
    host: tls ? 'localhost' : '127.0.0.1',
    port: server.port,
    user,
    password,
    passive: true,
    tls,
  };
  return { ...server, link, certificate };
}

function makeCertificate(folder: string): string {
  const made = spawnSync('openssl', [
    ...'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost'.split(' '),
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-keyout',
    join(folder, 'key.pem'),
    '-out',
    join(folder, 'cert.pem'),
  ]);
  if (made.status !== 0) throw new Error(`openssl failed: ${made.stderr.toString()}`);
  return readFileSync(join(folder, 'cert.pem'), 'utf8');
}

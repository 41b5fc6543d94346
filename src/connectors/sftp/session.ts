import { createHash, timingSafeEqual } from 'node:crypto';
import { Client, type ClientErrorExtensions, type SFTPWrapper } from 'ssh2';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { LinkOptions } from '../../domain/transfer/link.ts';
import { CONNECT_TIMEOUT_MS, networkWords } from '../files/remote.ts';
import { ConnectionLost } from './errors.ts';

export type SftpOptions = Extract<LinkOptions, { kind: 'sftp' }>;

/** A server that is silent is asked for a sign of life this often, and given up after so many. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVES = 3;

/** One connection to an SFTP server. */
export class SftpSession {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;
  #lost: ConnectionLost | null = null;
  readonly #waiting = new Set<(error: Error) => void>();

  private constructor(client: Client, sftp: SFTPWrapper) {
    this.#client = client;
    this.#sftp = sftp;
    const lose = (error?: unknown): void => {
      this.#lost ??= new ConnectionLost(error);
      for (const reject of this.#waiting) reject(this.#lost);
      this.#waiting.clear();
    };
    client.on('error', lose);
    client.on('close', () => lose());
    sftp.on('close', () => lose());
    // What a server says against the protocol is the end of the connection.
    sftp.on('error', lose);
  }

  /**
   * Connects and logs in.
   * @throws TransferError `link-unreachable`, also for another host key than expected;
   *   `link-credentials`; `link-option` for a key that cannot be read.
   */
  static async open(options: SftpOptions, signal: AbortSignal): Promise<SftpSession> {
    signal.throwIfAborted();
    const client = new Client();
    const aborted = (): void => {
      client.destroy();
    };
    signal.addEventListener('abort', aborted);
    try {
      await login(client, options);
      // Requests are small and each is waited for.
      client.setNoDelay(true);
      const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
        client.once('error', reject);
        client.once('close', () => reject(new ConnectionLost()));
        client.sftp((error, opened) => {
          if (error === undefined) resolve(opened);
          else reject(noSftp(options, error));
        });
      });
      return new SftpSession(client, sftp);
    } catch (error) {
      client.on('error', () => undefined);
      client.destroy();
      signal.throwIfAborted();
      if (error instanceof TransferError) throw error;
      const { host, port } = options;
      const why = networkWords(error) ?? (error as Error).message;
      const words = `the SFTP server ${host}:${port} cannot be reached: ${why}`;
      throw new TransferError('link-unreachable', words, { transient: true, cause: error });
    } finally {
      signal.removeEventListener('abort', aborted);
    }
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** Makes one request; fails also when the connection ends before its answer. */
  call<T>(
    request: (sftp: SFTPWrapper, done: (error?: Error | null, value?: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#lost !== null) {
        reject(this.#lost);
        return;
      }
      this.#waiting.add(reject);
      const settled = (error?: Error | null, value?: T): void => {
        this.#waiting.delete(reject);
        if (error !== undefined && error !== null) reject(error);
        else resolve(value as T);
      };
      try {
        request(this.#sftp, settled);
      } catch (error) {
        // Extensions that a server lacks are refused without being asked for.
        settled(error as Error);
      }
    });
  }

  close(): void {
    this.#client.on('error', () => undefined);
    this.#client.end();
    this.#client.destroy();
  }
}

function login(client: Client, options: SftpOptions): Promise<void> {
  const { host, port, user, password, privateKey } = options;
  let shownKey: string | null = null;
  return new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('close', () => reject(new ConnectionLost()));
    client.once('error', (error: Error & ClientErrorExtensions) => {
      reject(shownKey === null ? loginError(options, error) : otherKey(options, shownKey));
    });
    // Servers that ask for the password by a dialogue.
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => password));
    });
    try {
      client.connect({
        host,
        port,
        username: user,
        ...(password === '' ? {} : { password, tryKeyboard: true }),
        ...(privateKey === '' ? {} : { privateKey }),
        readyTimeout: CONNECT_TIMEOUT_MS,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVES,
        hostVerifier: (key: Buffer) => {
          const fits = keyFits(key, options.hostKeyFingerprint);
          if (!fits) shownKey = fingerprint(key);
          return fits;
        },
      });
    } catch (error) {
      const why = (error as Error).message;
      reject(
        new TransferError('link-option', `the private key of the link cannot be used: ${why}`, {
          cause: error,
        }),
      );
    }
  });
}

function loginError(
  { host, port, user }: SftpOptions,
  error: Error & ClientErrorExtensions,
): Error {
  if (error.level === 'client-authentication') {
    const words = `the SFTP server ${host}:${port} does not accept user ${user} with this password or key`;
    return new TransferError('link-credentials', words, { cause: error });
  }
  if (error.level === 'client-timeout') {
    const words = `the SFTP server ${host}:${port} cannot be reached: it does not answer in time`;
    return new TransferError('link-unreachable', words, { transient: true, cause: error });
  }
  return error;
}

function otherKey({ host, port }: SftpOptions, shown: string): TransferError {
  return new TransferError(
    'link-unreachable',
    `the SFTP server ${host}:${port} shows the host key ${shown}, which is not the one of the link`,
  );
}

function noSftp({ host, port }: SftpOptions, cause: Error): TransferError {
  const words = `${host}:${port} speaks SSH, but offers no SFTP: ${cause.message}`;
  return new TransferError('link-unreachable', words, { cause });
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function keyFits(key: Buffer, wanted: string): boolean {
  if (wanted === '') return true;
  const [shown, expected] = [fingerprint(key), wanted.trim().replace(/=+$/, '')].map((text) =>
    createHash('sha256').update(text).digest(),
  );
  return shown !== undefined && expected !== undefined && timingSafeEqual(shown, expected);
}

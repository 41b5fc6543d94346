import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../engine/index.ts';

/** What every dialect is given by the composition root. */
export interface DialectContext {
  readonly engine: Engine;
  /** Region id this server claims to be, e.g. `cn-hangzhou`. */
  readonly region: string;
  /** Account id that owns everything here. */
  readonly accountId: string;
  nowMs(): number;
  uuid(): string;
  /** Encrypts a secret with the server's master key, for keeping in a document. `purpose` says what it is. */
  seal(text: string, purpose: string): string;
  /** Opens it again. @throws Error when it was sealed with another key or for another purpose. */
  unseal(sealed: string, purpose: string): string;
  readonly log: DialectLog;
}

/** The part of the logger that dialects use. */
export interface DialectLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One cloud's API surface, mounted on the one HTTP port. */
export interface Dialect {
  readonly name: string;
  /** Adds its routes in a plugin scope of its own, so body parsers and hooks stay apart. */
  mount(scope: FastifyInstance): Promise<void>;
  /** Writes down what must survive a restart (e.g. replay protection) and lets go. */
  close(): Promise<void>;
}

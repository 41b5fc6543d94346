import type { Engine } from '../../engine/index.ts';
import type { DialectContext } from '../kit/dialect.ts';
import { FailureLock } from './failure-lock.ts';
import { Projects } from './iam/projects.ts';
import { Tokens } from './iam/tokens.ts';

/** What the family needs of the composition root; of the engine only who may do what. */
export interface FamilyContext extends Omit<DialectContext, 'engine' | 'seal' | 'unseal'> {
  readonly engine: Pick<Engine, 'access' | 'audit' | 'passwords' | 'documents'>;
  /** Address that clients reach this server by, without a path. */
  baseUrl(): string;
}

/** What an operator decides about accounts and projects. */
export interface FamilySettings {
  /** Name of the account, as IAM tells it. */
  readonly domain: string;
  /** Projects besides the one that is called as the region. */
  readonly projects: readonly string[];
  /** Regions that IAM lists besides the own: SDKs make a project for each they are used with. */
  readonly regions: readonly string[];
}

/** Bad signatures in a row after which an access key is refused, and for how long (cdm.md §2.2). */
const signatureLock = { failures: 5, lockMs: 5 * 60_000 };

/** Wrong passwords in a row after which a user is refused, and for how long. */
const passwordLock = { failures: 5, lockMs: 15 * 60_000 };

/** What the products of the family share. */
export interface HuaweiFamily {
  readonly context: FamilyContext;
  readonly settings: FamilySettings;
  readonly projects: Projects;
  readonly tokens: Tokens;
  readonly signatureFailures: FailureLock;
  readonly passwordFailures: FailureLock;
  /** 32 lower-case hex digits. */
  nextRequestId(): string;
}

/** Creates what `mountProduct` needs; one for a server. */
export function createHuaweiFamily(context: FamilyContext, settings: FamilySettings): HuaweiFamily {
  const { engine, region, accountId } = context;
  return {
    context,
    settings,
    projects: new Projects(
      { accountId, domain: settings.domain, names: [region, ...settings.projects] },
      engine.documents,
    ),
    tokens: new Tokens(engine),
    signatureFailures: new FailureLock(signatureLock),
    passwordFailures: new FailureLock(passwordLock),
    nextRequestId: () => context.uuid().replaceAll('-', ''),
  };
}

import { describe } from 'node:test';
import { accessContract } from './access.ts';
import { auditContract } from './audit.ts';
import { tracesContract } from './traces.ts';
import type { StoreAdapter } from './adapter.ts';
import { catalogContract } from './catalog.ts';
import { catalogListsContract } from './catalog-lists.ts';
import { catalogTagsContract } from './catalog-tags.ts';
import { catalogUseContract } from './catalog-use.ts';
import { admissionContract } from './admission.ts';
import { claimsContract } from './claims.ts';
import { attemptFactsContract } from './attempt-facts.ts';
import { documentsContract } from './documents.ts';
import { durabilityContract } from './durability.ts';
import { ownershipContract } from './ownership.ts';
import { readingContract } from './reading.ts';
import { reportsContract } from './reports.ts';
import { retentionContract } from './retention.ts';
import { runDetailsContract } from './run-details.ts';
import { runKeysContract } from './run-keys.ts';
import { runListsContract } from './run-lists.ts';
import { runLimitsContract } from './run-limits.ts';
import { schedulesContract } from './schedules.ts';
import { serversContract } from './servers.ts';
import { stopsContract } from './stops.ts';
import { templateListsContract } from './template-lists.ts';
import { templatesContract } from './templates.ts';
import { unfinishedLimitContract } from './unfinished-limit.ts';
import { verdictsContract } from './verdicts.ts';

/**
 * What every store must do, read off the doc comments of `src/ports/store.ts`. A new store adds a
 * module that exports its `adapter`, and a test file of three lines like `sqlite.test.ts`.
 *
 * @param adapterUrl `import.meta.url`-style address of the module that exports `adapter`: a second
 *   process loads it, to be killed while it writes.
 */
export function storeContract(adapter: StoreAdapter, adapterUrl: string): void {
  describe(`store contract: ${adapter.name}`, () => {
    templatesContract(adapter);
    templateListsContract(adapter);
    admissionContract(adapter);
    unfinishedLimitContract(adapter);
    claimsContract(adapter);
    runLimitsContract(adapter);
    reportsContract(adapter);
    attemptFactsContract(adapter);
    stopsContract(adapter);
    verdictsContract(adapter);
    ownershipContract(adapter);
    serversContract(adapter);
    schedulesContract(adapter);
    runKeysContract(adapter);
    retentionContract(adapter);
    readingContract(adapter);
    runListsContract(adapter);
    runDetailsContract(adapter);
    catalogContract(adapter);
    catalogListsContract(adapter);
    catalogUseContract(adapter);
    catalogTagsContract(adapter);
    documentsContract(adapter);
    accessContract(adapter);
    auditContract(adapter);
    tracesContract(adapter);
    durabilityContract(adapter, adapterUrl);
  });
}

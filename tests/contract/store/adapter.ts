import type { AdmissionLimits } from '../../../src/domain/admission.ts';
import type { Store } from '../../../src/ports/store.ts';

/**
 * One kind of store as the contract suite sees it. A module that exports `adapter` can also be
 * loaded by the process that the durability test kills.
 */
export interface StoreAdapter {
  readonly name: string;
  /**
   * A store over what is kept at `place`, not opened yet. `place` is a folder of the test's own;
   * stores made with the same place share their contents, one after the other.
   */
  makeStore(place: string, limits: AdmissionLimits): Store;
}

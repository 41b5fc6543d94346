import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of the list of data jobs, and the names of phases and outcomes of proofs. */
export const useDataJobsWords = defineWords({ en, zh });

import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of the list of runs. */
export const useRunsWords = defineWords({ en, zh });

import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of one data job. */
export const useDataJobWords = defineWords({ en, zh });

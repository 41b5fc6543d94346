import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of the page of one run. */
export const useRunWords = defineWords({ en, zh });

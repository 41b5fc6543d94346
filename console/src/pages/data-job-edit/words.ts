import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of the wizard of data jobs. */
export const useEditWords = defineWords({ en, zh });

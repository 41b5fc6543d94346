import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of forms of operations. */
export const useFormWords = defineWords({ en, zh });

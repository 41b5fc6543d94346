import { defineWords } from '../../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of the viewer of output. */
export const useLogWords = defineWords({ en, zh });

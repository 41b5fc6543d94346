import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of one link: its page and its form. */
export const useLinkWords = defineWords({ en, zh });

import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of a run that moves data. */
export const useTransferWords = defineWords({ en, zh });

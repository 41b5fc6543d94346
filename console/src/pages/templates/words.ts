import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of the list of templates, and of schedules in a few words. */
export const useTemplatesWords = defineWords({ en, zh });

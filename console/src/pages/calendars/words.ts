import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

export const useCalendarWords = defineWords({ en, zh });

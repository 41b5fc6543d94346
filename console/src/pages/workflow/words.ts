import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of a workflow and of its graph, which the page of a run shows too. */
export const useWorkflowWords = defineWords({ en, zh });

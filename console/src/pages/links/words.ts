import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** Texts of the list of links, and the names of their kinds. */
export const useLinksWords = defineWords({ en, zh });

/** What a kind of links is called; a kind that this console does not know keeps its own name. */
export function kindName(kinds: Readonly<Record<string, string>>, kind: string): string {
  return Object.hasOwn(kinds, kind) ? (kinds[kind] ?? kind) : kind;
}

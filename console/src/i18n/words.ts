import { type Language, language } from './language.ts';

/** A text, or how one is made from values. */
type Word = string | ((...values: never[]) => string);

/** The texts of one page or component, by what they are for. */
export type Words = { readonly [name: string]: Word | Words };

/**
 * Ties the texts of a page to their languages and returns the hook that reads them:
 *
 *   // words.en.ts            export const en = { title: 'Runs', rows: (n: number) => `${n} runs` };
 *   // words.zh.ts            export const zh: typeof en = { title: '运行', rows: (n) => `${n} 次运行` };
 *   // anywhere in the page   const useWords = defineWords({ en, zh });
 *
 * A text that one language lacks does not compile.
 */
export function defineWords<W extends Words>(texts: Readonly<Record<Language, W>>): () => W {
  return () => texts[language.use()];
}

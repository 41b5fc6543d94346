import { createStoredSetting } from '../stored-setting.ts';

/** The console's languages. */
export const languages = ['en', 'zh'] as const;

export type Language = (typeof languages)[number];

/** What each language calls itself. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', zh: '简体中文' };

/** Locale of dates and numbers, and of `<html lang>`. */
export const locales: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };

/** The language that is shown: chosen, or the browser's. */
export const language = createStoredSetting('language', languages, () =>
  navigator.languages
    .find((name) => /^(en|zh)\b/i.test(name))
    ?.toLowerCase()
    .startsWith('zh') === true
    ? 'zh'
    : 'en',
);

/** Small readings that several inputs share. */
import { cdmError } from '../errors.ts';
import type { Settings } from '../values/settings.ts';

/** Names joined by `&`; null when blank: all. */
export function namesOf(text: string): readonly string[] | null {
  const names = text
    .split('&')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? null : names;
}

/** A list with commas, without empty entries. */
export function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Blank = null. */
export function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text;
}

const escapes: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  '\\': '\\',
  '0': '\0',
};

/** Separators may be written with escapes: `\t`, `\n`, `\u0001`. */
export function unescaped(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([tnr0\\]))/g,
    (all, u, x, letter) => {
      const code: string | undefined = u ?? x;
      return code === undefined
        ? (escapes[letter] ?? all)
        : String.fromCharCode(parseInt(code, 16));
    },
  );
}

/** WHATWG label of an encoding. @throws WireError Cdm.0024. */
export function encodingOf(settings: Settings, name: string, absent: string): string {
  const text = settings.has(name) ? settings.text(name).trim() : absent;
  for (const label of [text, text.replaceAll('_', '-')]) {
    try {
      return new TextDecoder(label).encoding;
    } catch {
      // The other spelling may be known.
    }
  }
  throw cdmError(
    'Cdm.0024',
    settings.full(name),
    `must be a known encoding, not ${text.slice(0, 40)}`,
  );
}

/** A path within a link, without slashes around it. @throws WireError Cdm.0014 for one that leaves it. */
export function pathOf(path: string, name: string): string {
  if (path.split(/[/\\]/).includes('..')) {
    throw cdmError('Cdm.0014', `[${name}] must not hold "..".`);
  }
  return path.trim().replace(/^\/+|\/+$/g, '');
}

/** Key and start value of a cipher. @throws WireError Cdm.0014. */
export function cipherOf(settings: Settings): { readonly key: string; readonly iv: string } {
  const key = settings.text('dek').trim();
  const iv = settings.text('iv').trim();
  if (!/^[0-9a-f]{64}$/i.test(key))
    throw cdmError('Cdm.0014', `[${settings.full('dek')}] must be 64 hexadecimal digits.`);
  if (!/^[0-9a-f]{32}$/i.test(iv))
    throw cdmError('Cdm.0014', `[${settings.full('iv')}] must be 32 hexadecimal digits.`);
  return { key, iv };
}

/** What becomes of line breaks within values. */
export function lineBreaksOf(
  settings: Settings,
): { readonly policy: 'keep' | 'drop' } | { readonly policy: 'replace'; readonly by: string } {
  switch (settings.choice('csvDelimPolicy', 'IGNORE')) {
    case 'DROP':
      return { policy: 'drop' };
    case 'REPLACE':
      return {
        policy: 'replace',
        by: settings.has('csvReplaceChar') ? settings.text('csvReplaceChar') : ' ',
      };
    default:
      return { policy: 'keep' };
  }
}

/** What is done about the target table first. */
export function preparationOf(settings: Settings): 'none' | 'create' | 'recreate' {
  const words = {
    DO_NOTHING: 'none',
    CREATE_WHEN_NOT_EXIST: 'create',
    DROP_AND_CREATE: 'recreate',
  } as const;
  const word = settings.choice('tablePreparation', 'DO_NOTHING');
  return words[word as keyof typeof words];
}

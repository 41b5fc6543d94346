import { useEffect, useState } from 'react';
import type { PolicyCheckView } from '../../../../src/dialects/native/views/access.ts';
import { api } from '../../api/client.ts';
import { useRights } from '../../api/session.ts';
import { useFormat } from '../../i18n/format.ts';
import { jsonFault } from './json-fault.ts';
import { lineAndColumn, locate, type Place } from './locate.ts';
import { useAccessWords } from './words.ts';

/** How a policy document stands. */
export interface PolicyCheck {
  readonly state: 'right' | 'wrong' | 'waits';
  readonly message: string;
  /** Where it is wrong, in the text; null = somewhere. */
  readonly place: Place | null;
}

/** The server is asked when nothing was typed for this long. */
const pauseMs = 300;

/** Checks a document while it is written: JSON at once, its rules by the server. */
export function usePolicyCheck(text: string, enabled: boolean): PolicyCheck {
  const words = useAccessWords().policy;
  const format = useFormat();
  const { may } = useRights();
  const [told, setTold] = useState<{
    readonly text: string;
    readonly view: PolicyCheckView;
  } | null>(null);
  const parsed = parse(text);
  const asks = enabled && parsed.kind === 'object' && may('CheckPolicy');
  useEffect(() => {
    if (!asks) return undefined;
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      const document = JSON.parse(text) as unknown;
      api
        .post<PolicyCheckView>('/access/check-policy', { document }, { signal: abort.signal })
        .then((view) => setTold({ text, view }))
        .catch(() => {
          // Saving tells what is wrong; nothing was asked by a person here.
        });
    }, pauseMs);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [text, asks]);

  const at = (place: Place): readonly [string, string] => {
    const { line, column } = lineAndColumn(text, place.from);
    return [format.number(line), format.number(column)];
  };
  if (parsed.kind === 'broken') {
    const { place } = parsed;
    const message = place === null ? words.noJsonAnywhere : words.noJson(...at(place));
    return { state: 'wrong', message, place };
  }
  if (parsed.kind === 'other') return { state: 'wrong', message: words.notObject, place: null };
  if (told === null || told.text !== text) {
    return { state: 'waits', message: asks ? words.checking : '', place: null };
  }
  const { valid, where, message } = told.view;
  if (valid) return { state: 'right', message: words.valid, place: null };
  const place = locate(text, where ?? '');
  if (place === null) return { state: 'wrong', message, place: null };
  return { state: 'wrong', message: words.wrongAt(...at(place), message), place };
}

type Parsed =
  | { readonly kind: 'object' | 'other' }
  | { readonly kind: 'broken'; readonly place: Place | null };

function parse(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return { kind: isObject ? 'object' : 'other' };
  } catch {
    const from = jsonFault(text);
    if (from === null) return { kind: 'broken', place: null };
    return { kind: 'broken', place: { from, to: Math.min(from + 1, text.length) } };
  }
}

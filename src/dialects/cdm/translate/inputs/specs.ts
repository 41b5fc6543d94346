/** Short ways to say what an input is. */
import type { InputSpec } from '../../values/settings.ts';

type Extra = Partial<Pick<InputSpec, 'required' | 'min' | 'max' | 'effect'>>;

const made = (
  type: InputSpec['type'],
  name: string,
  note: string,
  extra: Extra & Pick<InputSpec, 'choices'> = {},
): InputSpec => ({ name, type, effect: 'acts', note, ...extra });

export const text = (name: string, note = '', extra: Extra = {}): InputSpec =>
  made('text', name, note, extra);
export const flag = (name: string, note = '', extra: Extra = {}): InputSpec =>
  made('flag', name, note, extra);
export const integer = (name: string, note = '', extra: Extra = {}): InputSpec =>
  made('integer', name, note, extra);
export const map = (name: string, note = '', extra: Extra = {}): InputSpec =>
  made('map', name, note, extra);
/** @param choices canonical words; other spellings of one behind `=`. */
export const choice = (
  name: string,
  choices: readonly string[],
  note = '',
  extra: Extra = {},
): InputSpec => made('choice', name, note, { ...extra, choices });

/** Kept and read back without effect; any text. */
export const stored = (name: string, note: string): InputSpec =>
  made('text', name, note, { effect: 'stored' });
/** An error unless it is empty or false. */
export const refused = (name: string, note: string): InputSpec =>
  made('text', name, note, { effect: 'refused' });

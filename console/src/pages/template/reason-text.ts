import type { useTemplateWords } from './words.ts';

/** Why a time fires or does not, in the language of the page where it has words for the rule. */
export function reasonText(
  { rule, reason }: { readonly rule: string; readonly reason: string },
  words: ReturnType<typeof useTemplateWords>,
): string {
  const { rules, excluded } = words;
  const known = Object.hasOwn(rules, rule) ? rules[rule as keyof typeof rules] : '';
  const calendar = rule.startsWith('calendar:') ? excluded(rule.slice('calendar:'.length)) : '';
  return known || calendar || reason;
}

/** What started something, in the language of the page. */
export function triggerText(trigger: string, words: ReturnType<typeof useTemplateWords>): string {
  const { triggers } = words;
  return Object.hasOwn(triggers, trigger) ? triggers[trigger as keyof typeof triggers] : trigger;
}

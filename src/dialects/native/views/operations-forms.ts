import { Type, type Static } from 'typebox';
import type { FormField, FormSchema } from '../../kit/operations.ts';
import { closed, textOrNull } from './common.ts';

const WordsView = Type.Object({ en: Type.String(), zh: Type.String() });

/** One operation that can be filled in, without its fields. */
export const FormSummaryView = Type.Object(
  {
    dialect: Type.String(),
    operation: Type.String(),
    kind: Type.Enum(['create', 'update', 'execute']),
    sends: Type.Enum(['whole', 'changes'], {
      description:
        'Whether a request says all of a job, or what it changes: an absent field stays, an empty one is cleared.',
    }),
    action: Type.String({ description: 'What policies are asked about.' }),
    summary: WordsView,
    allowed: Type.Boolean({
      description: 'Whether any policy of who asks could allow it; the operation still decides.',
    }),
  },
  { title: 'FormSummary' },
);
export type FormSummaryView = Static<typeof FormSummaryView>;

export const FormList = Type.Object({ rows: Type.Array(FormSummaryView) }, { title: 'FormList' });

/** A form with its fields and what they hold at first. */
export const FormView = Type.Object(
  {
    ...FormSummaryView.properties,
    sections: Type.Array(Type.Object({ key: Type.String(), title: WordsView })),
    schema: Type.Unsafe<FormSchema>({
      type: 'object',
      description:
        'JSON schema of the values. `x-zh`: words in Chinese; `x-section`: where a field stands; `x-widget`: what it is edited with; `x-stored`: kept without effect; `x-fixed`: says which job is meant; `x-variants`: members that depend on another field.',
    }),
    values: Type.Record(Type.String(), Type.Unknown(), {
      description: 'What it holds at first; secrets are masked.',
    }),
  },
  { title: 'Form' },
);
export type FormView = Static<typeof FormView>;
export type { FormField, FormSchema };

/** A filled form. */
export const FormInput = Type.Object(
  {
    values: Type.Record(Type.String({ maxLength: 256 }), Type.Unknown(), { maxProperties: 500 }),
  },
  { ...closed, title: 'FormInput' },
);

/** The filled form as requests of clients. */
export const SameRequestList = Type.Object(
  {
    rows: Type.Array(
      Type.Object({
        kind: Type.Enum(['typescript', 'python', 'cli', 'longshore', 'curl']),
        title: Type.String({ description: 'Program or package that it is for.' }),
        text: Type.String(),
      }),
    ),
  },
  { title: 'SameRequestList' },
);
export type SameRequestList = Static<typeof SameRequestList>;

/** What an operation answered. */
export const FormAnswerView = Type.Object(
  {
    body: Type.Unknown({ description: 'As on the wire.' }),
    templateId: textOrNull,
    runId: textOrNull,
  },
  { title: 'FormAnswer' },
);
export type FormAnswerView = Static<typeof FormAnswerView>;

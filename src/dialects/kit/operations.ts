/**
 * Forms of operations on jobs: what a dialect tells of its create, update and execute operations so
 * that a person can fill them in, see the same as a request of a client, and have it carried out.
 */
import type { User } from '../../domain/access.ts';
import type { DialectName, Template } from '../../domain/template.ts';

/** A text in each language that people read it in. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** What a field is edited with, where its type does not tell. */
export type FieldWidget =
  /** Text of several lines. */
  | 'code'
  /** A JSON text. */
  | 'json'
  /** A text that is not shown; what comes back masked keeps the stored one. */
  | 'secret'
  /** A list of texts, one in each line. */
  | 'lines'
  /** Names with values. */
  | 'pairs'
  /** A JSON text that lists `{name, value}`, and perhaps more than that. */
  | 'variables'
  /** A schedule of the native API. */
  | 'schedule';

/**
 * One field of a form, as JSON schema with members of our own. `title` and `description` are
 * English; `x-zh` has both in Chinese.
 */
export interface FormField {
  readonly type: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly title: string;
  readonly description?: string;
  readonly default?: unknown;
  /** At most one: what a value may look like. */
  readonly examples?: readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: { readonly type: 'string' };
  readonly additionalProperties?: { readonly type: 'string' };
  /** Members of an object. */
  readonly properties?: Readonly<Record<string, FormField>>;
  readonly 'x-zh': { readonly title: string; readonly description?: string };
  /** Key of its section; fields of objects have none. */
  readonly 'x-section'?: string;
  readonly 'x-widget'?: FieldWidget;
  /** Kept and read back without effect. */
  readonly 'x-stored'?: true;
  /** Says which job is meant: given by the template, not by the person. */
  readonly 'x-fixed'?: true;
  /** Which members it has depends on the value of another field. */
  readonly 'x-variants'?: {
    readonly by: string;
    readonly of: Readonly<Record<string, Readonly<Record<string, FormField>>>>;
  };
}

/** All fields of one operation. */
export interface FormSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, FormField>>;
  readonly required: readonly string[];
}

export type FormKind = 'create' | 'update' | 'execute';

/** One operation that can be filled in. */
export interface OperationForm {
  readonly dialect: DialectName;
  /** The operation's name in its API, e.g. `CreateJob`. */
  readonly operation: string;
  readonly kind: FormKind;
  /** Whether a request says all of a job, or what it changes: an absent field stays, an empty one is cleared. */
  readonly sends: 'whole' | 'changes';
  /** Action that policies are asked about, e.g. `sae:CreateJob`. */
  readonly action: string;
  readonly summary: Words;
  /** In this order. */
  readonly sections: readonly { readonly key: string; readonly title: Words }[];
  schema(): FormSchema;
}

/** What was filled in, by field. */
export type FormValues = Readonly<Record<string, unknown>>;

/** The filled form as a client would send it. */
export interface SameRequest {
  readonly kind: 'typescript' | 'python' | 'cli' | 'longshore' | 'curl';
  /** Program or package that it is for, e.g. `@alicloud/openapi-client`. */
  readonly title: string;
  readonly text: string;
}

/** How clients reach this server. */
export interface ServerAddress {
  /** Base address, e.g. `http://127.0.0.1:8480`. */
  readonly url: string;
  readonly region: string;
}

/** A signed-in person; what it may do is asked of the same policies as on the wire. */
export interface FormCaller {
  readonly user: User;
  /** Null when no access key proved it. */
  readonly keyId: string | null;
  readonly sourceIp: string;
}

/** What an operation answered. */
export interface FormAnswer {
  /** As on the wire. */
  readonly body: unknown;
  /** The template that it made or changed; null = none. */
  readonly templateId: string | null;
  /** The run that it started; null = none. */
  readonly runId: string | null;
}

/** An operation's refusal, in the words of its API. */
export class FormRefusal extends Error {
  readonly status: number;
  /** Code of the API, e.g. `InvalidParameter.NotEmpty`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'FormRefusal';
    this.status = status;
    this.code = code;
  }
}

/** Forms of one dialect. */
export interface JobForms {
  readonly dialect: DialectName;
  readonly forms: readonly OperationForm[];
  /** A template's document as its dialect shows it, secrets masked. Also of an older revision. */
  document(template: Template): Readonly<Record<string, unknown>>;
  /** What is known before anybody fills in a form, beside its defaults. */
  initial(operation: string): Promise<FormValues>;
  /** What the form says of a template as it is; null when it is nothing that this form is for. */
  filled(operation: string, template: Template): Promise<FormValues | null>;
  /** The same as requests of clients. Secrets are not repeated. Never throws for wrong values. */
  requests(operation: string, values: FormValues, server: ServerAddress): readonly SameRequest[];
  /**
   * Carries it out: the same policies, checks and handler as for a request on the wire.
   * @throws FormRefusal; ProblemError of the native dialect.
   */
  invoke(operation: string, values: FormValues, caller: FormCaller): Promise<FormAnswer>;
}

/** A form's field; short for the tables of dialects. */
export function field(
  type: FormField['type'],
  title: Words,
  note: Words | null,
  more: Partial<FormField> = {},
): FormField {
  return {
    type,
    title: title.en,
    ...(note === null || note.en === '' ? {} : { description: note.en }),
    'x-zh': {
      title: title.zh,
      ...(note === null || note.zh === '' ? {} : { description: note.zh }),
    },
    ...more,
  };
}

/** Whether this server raises a code: always, only with a named feature, or never (cloud only). */
export type ErrorClass = 'raised' | 'with-feature' | 'cloud-only';

/** One wire error: its status, whether it is raised, and its text; each `%s` is filled in order. */
export interface ErrorRow {
  readonly status: number;
  readonly class: ErrorClass;
  readonly message: string;
}

export function row<const Text extends string>(
  status: number,
  errorClass: ErrorClass,
  message: Text,
): ErrorRow & { readonly message: Text } {
  return { status, class: errorClass, message };
}

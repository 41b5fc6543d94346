/** A page of rows with the total that the filter matches. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

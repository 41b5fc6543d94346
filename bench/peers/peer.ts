/**
 * Loads a package of this folder. What is used of it is declared by the caller, because its own
 * types are not there where the product is checked.
 * @throws Error when it is not installed.
 */
export async function peer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

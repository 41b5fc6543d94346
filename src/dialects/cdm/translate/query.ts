/** Whether a text is one plain SELECT (cdm.md §4.2). */

/** Words that no query of a job holds outside of quotes. */
const forbidden =
  /\b(?:insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|into|outfile|load\s+data)\b/i;

/** What stands in quotes, in MySQL; an open quote hides the rest. */
const quotedWithEscapes =
  /'(?:[^'\\]|''|\\.)*(?:'|$)|"(?:[^"\\]|""|\\.)*(?:"|$)|`(?:[^`]|``)*(?:`|$)/gs;

/** The same elsewhere, with PostgreSQL's texts that are marked by E or stand in dollars. */
const quoted =
  /\b[eE]'(?:[^'\\]|''|\\.)*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$)|\$(\w*)\$.*?(?:\$\1\$|$)/gs;

/**
 * The query without a semicolon at its end, or in words what is wrong with it.
 * @param escapes whether a backslash escapes within quotes: MySQL's do, others' do not. Read by the
 *   wrong rule, what stands behind a quote would pass for a part of it.
 */
export function readQuery(
  sql: string,
  escapes: boolean,
): { readonly sql: string } | { readonly problem: string } {
  const text = sql.trim().replace(/\s*;\s*$/, '');
  const words = text.replace(escapes ? quotedWithEscapes : quoted, "''");
  if (/--|\/\*/.test(words)) return { problem: 'it must not hold comments' };
  if (!/^[\s(]*select\b/i.test(words)) return { problem: 'it must begin with SELECT' };
  if (words.includes(';')) return { problem: 'it must be one statement' };
  const word = forbidden.exec(words)?.[0];
  if (word !== undefined) return { problem: `it must only read, and holds ${word.toUpperCase()}` };
  return { sql: text };
}

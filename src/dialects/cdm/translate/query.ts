/** Whether a text is one plain SELECT (cdm.md §4.2). */

/** Words that no query of a job holds outside of quotes. */
const forbidden =
  /\b(?:insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|into|outfile|load\s+data)\b/i;

/** The query without a semicolon at its end, or in words what is wrong with it. */
export function readQuery(sql: string): { readonly sql: string } | { readonly problem: string } {
  const text = sql.trim().replace(/\s*;\s*$/, '');
  if (/--|\/\*/.test(bare(text))) return { problem: 'it must not hold comments' };
  const words = bare(text);
  if (!/^[\s(]*select\b/i.test(words)) return { problem: 'it must begin with SELECT' };
  if (words.includes(';')) return { problem: 'it must be one statement' };
  const word = forbidden.exec(words)?.[0];
  if (word !== undefined) return { problem: `it must only read, and holds ${word.toUpperCase()}` };
  return { sql: text };
}

/** The text without what stands in quotes; an open quote hides the rest. */
function bare(text: string): string {
  return text.replace(
    /'(?:[^'\\]|''|\\.)*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$)/gs,
    "''",
  );
}

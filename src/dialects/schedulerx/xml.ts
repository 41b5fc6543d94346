/** XML 1.0 has no character for these, escaped or not. */
// oxlint-disable-next-line no-control-regex
const unspeakable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A reader would normalise a bare one away.
  '\r': '&#13;',
};

/**
 * A document as XML (schedulerx.md §1.5): members become elements, members without a value are
 * left out, lists repeat the member's element without a wrapper.
 */
export function xmlDocument(root: string, members: Readonly<Record<string, unknown>>): string {
  const name = elementName(root);
  return `<?xml version="1.0" encoding="UTF-8"?><${name}>${membersXml(members)}</${name}>`;
}

function membersXml(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((each) => [name, each] as const),
    )
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `<${elementName(name)}>${valueXml(value)}</${elementName(name)}>`)
    .join('');
}

function valueXml(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return membersXml(value as Readonly<Record<string, unknown>>);
  }
  return escapeXml(String(value));
}

/** Text for between tags. What XML cannot say becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(unspeakable, '\ufffd')
    .replace(/[&<>"'\r]/g, (mark) => entities[mark] ?? mark);
}

/** Names are ours but for the operation's, which a caller may invent: it must not become a tag. */
function elementName(name: string): string {
  if (/^[A-Za-z][\w.-]*$/.test(name)) return name;
  return name.replace(/[^\w.-]/g, '_').replace(/^(?![A-Za-z])/, 'x');
}

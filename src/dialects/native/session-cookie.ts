/** The cookie that carries a session: what browsers make of it is decided here. */

export const sessionCookieName = 'longshore_session';

/** Longest cookie header and value that are looked at. */
const maxHeaderLength = 16 * 1024;
const maxValueLength = 4 * 1024;

/** The session's value in a `Cookie` header; null when there is none. */
export function readSessionCookie(header: string | undefined): string | null {
  if (header === undefined || header.length > maxHeaderLength) return null;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== sessionCookieName) continue;
    const value = pair.slice(equals + 1).trim();
    return value === '' || value.length > maxValueLength ? null : value;
  }
  return null;
}

/** `Set-Cookie` that keeps a session in the browser; scripts never see it. */
export function keptCookie(value: string, maxAgeMs: number, secure: boolean): string {
  const maxAgeSeconds = Math.max(0, Math.floor(maxAgeMs / 1_000));
  return `${sessionCookieName}=${value}; Max-Age=${maxAgeSeconds}; ${attributes(secure)}`;
}

/** `Set-Cookie` that has the browser forget it. */
export function droppedCookie(secure: boolean): string {
  return `${sessionCookieName}=; Max-Age=0; ${attributes(secure)}`;
}

function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

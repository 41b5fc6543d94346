/** One event of a `text/event-stream`. */
export interface ServerEvent {
  readonly event: string;
  /** The last id that was sent so far; '' before the first. */
  readonly id: string;
  readonly data: string;
}

/** Most characters of one event; the server's are far below. */
const maxEventLength = 4 * 1024 * 1024;

/**
 * Reads events from a stream of bytes, after the HTML standard (server-sent events, §9.2.6).
 * @throws Error when one event is larger than the bound.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  lastId: string,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let id = lastId;
  let event = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const ended of lines) {
        const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
        if (line === '') {
          if (data.length > 0)
            yield { event: event === '' ? 'message' : event, id, data: data.join('\n') };
          event = '';
          data = [];
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon === -1 ? line : line.slice(0, colon);
        const text = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'data') data.push(text);
        else if (field === 'event') event = text;
        else if (field === 'id' && !text.includes('\0')) id = text;
      }
      const pending = data.reduce((length, line) => length + line.length, rest.length);
      if (pending > maxEventLength) throw new Error('an event of the server is too large');
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

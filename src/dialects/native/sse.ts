import type { StreamEvent } from './operation.ts';

function encode({ event, id, data }: StreamEvent): string {
  if (event === null) {
    return ': still here\n\n';
  }
  const idLine = id === null ? '' : `id: ${id}\n`;
  return `event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
}

/** Events as the text of `text/event-stream`. Opens with a comment, so that headers go out at once. */
export async function* eventStreamText(events: AsyncIterable<StreamEvent>): AsyncGenerator<string> {
  yield ': longshore\n\n';
  for await (const event of events) {
    yield encode(event);
  }
}

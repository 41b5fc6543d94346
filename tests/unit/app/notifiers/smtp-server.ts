import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { within } from '../../../support/until.ts';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Head and body as they came, without the final dot. */
  readonly data: string;
}

/** A small SMTP server on loopback (RFC 5321 without extensions), enough to take mails. */
export interface SmtpServer {
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  /** Answer to every RCPT, e.g. `550 no such user`; null = as usual. `silent` = none at all. */
  refusal: string | null;
}

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export async function startSmtpServer(t: Cleanup): Promise<SmtpServer> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<net.Socket>();
  const state: { refusal: string | null } = { refusal: null };
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket, state, (mail) => mails.push(mail));
  });
  await within(
    'the SMTP server listens',
    new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    }),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { url: `smtp://127.0.0.1:${port}`, mails });
}

function serve(
  socket: net.Socket,
  state: { readonly refusal: string | null },
  take: (mail: ReceivedMail) => void,
): void {
  let text = '';
  let from = '';
  let to: string[] = [];
  let inData = false;
  const answer = (line: string): void => void socket.write(`${line}\r\n`);
  answer('220 test');
  socket.setEncoding('utf8');
  socket.on('data', (piece: string) => {
    text += piece;
    for (;;) {
      const end = inData ? '\r\n.\r\n' : '\r\n';
      const at = text.indexOf(end);
      if (at < 0) return;
      const line = text.slice(0, at);
      text = text.slice(at + end.length);
      if (inData) {
        inData = false;
        take({ from, to, data: line });
        answer('250 taken');
        continue;
      }
      const command = line.slice(0, 4).toUpperCase();
      if (command === 'MAIL') {
        from = /<(.*?)>/.exec(line)?.[1] ?? '';
        to = [];
        answer('250 ok');
      } else if (command === 'RCPT') {
        if (state.refusal === 'silent') return;
        if (state.refusal === null) to.push(/<(.*?)>/.exec(line)?.[1] ?? '');
        answer(state.refusal ?? '250 ok');
      } else if (command === 'DATA') {
        inData = true;
        answer('354 go on');
      } else if (command === 'QUIT') {
        socket.end('221 bye\r\n');
      } else {
        answer('250 test');
      }
    }
  });
}

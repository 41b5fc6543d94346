/** Marks of commits: rows that are there exactly when the transaction around them was committed. */
import { createHash, randomUUID } from 'node:crypto';
import type { TableName } from '../../domain/transfer/columns.ts';
import { errorWords, isDenied } from './errors.ts';
import type { Session } from './session.ts';

/** What `outcome` needs to know, as JSON in the token. */
interface Token {
  readonly schema: string;
  readonly table: string;
  readonly mark: string;
  /** Number of the connection that committed. */
  readonly connection: number;
}

/** Token of a database that lets us keep no marks. */
const noMarks = 'unmarked';
/** Longest wait for a connection that was killed to be gone. */
const goneWithinMs = 30_000;
const lookAgainMs = 100;

/** Table of a run's marks: one of its own, so that it can be dropped without asking anybody. */
export function marksTable(schema: string, runId: string): TableName {
  const digest = createHash('sha256').update(runId).digest('hex').slice(0, 16);
  return { schema, name: `_cdm_commits_${digest}` };
}

/** Prepares marks; false = this account may not create their table. */
export async function createMarks(session: Session, item: string): Promise<boolean> {
  try {
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${item} (mark CHAR(36) CHARACTER SET ascii PRIMARY KEY) ENGINE = InnoDB`,
    );
    return true;
  } catch (error) {
    if (isDenied(error)) return false;
    throw error;
  }
}

/** Writes a mark within the transaction at hand. */
export async function writeMark(
  session: Session,
  table: TableName,
  item: string,
  marked: boolean,
): Promise<string> {
  if (!marked) return noMarks;
  const mark = randomUUID();
  await session.run(`INSERT INTO ${item} VALUES ('${mark}')`);
  const token: Token = { schema: table.schema, table: table.name, mark, connection: session.id };
  return JSON.stringify(token);
}

/** What became of the commit that a token was made for. */
export async function commitOutcome(
  session: Session,
  tableItem: (table: TableName) => string,
  text: string,
): Promise<'committed' | 'rolled-back' | 'unknown'> {
  if (text === noMarks) return 'unknown';
  const token = readToken(text);
  if (token === null) return 'unknown';
  const { schema, table, mark, connection } = token;
  // As long as that connection lives, it may still commit.
  if (!(await endConnection(session, connection))) return 'unknown';
  try {
    const rows = await session.query(
      `SELECT 1 FROM ${tableItem({ schema, name: table })} WHERE mark = '${mark.replace(/[^0-9a-f-]/g, '')}'`,
    );
    return rows.length > 0 ? 'committed' : 'rolled-back';
  } catch {
    return 'unknown';
  }
}

/** Null for a text that is no token of ours. */
function readToken(text: string): Token | null {
  try {
    return JSON.parse(text) as Token;
  } catch {
    return null;
  }
}

/** Ends a connection at the server, and waits until it is gone. False = it is still there. */
async function endConnection(session: Session, id: number): Promise<boolean> {
  const deadline = Date.now() + goneWithinMs;
  for (let asked = false; Date.now() < deadline; asked = true) {
    const rows = await session.query(
      `SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ${Math.trunc(id)}`,
    );
    if (rows.length === 0) return true;
    if (!asked) {
      await session.run(`KILL ${Math.trunc(id)}`).catch((error: unknown) => {
        // 1094: it has just gone.
        if (!/unknown thread/i.test(errorWords(error))) throw error;
      });
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
  return false;
}

import { Type, type Static } from 'typebox';
import { timeMs } from './common.ts';

/** What this server is and does now. */
export const InfoView = Type.Object(
  {
    version: Type.String(),
    url: Type.String(),
    region: Type.String(),
    accountId: Type.String(),
    dataDir: Type.String(),
    startedAtMs: timeMs,
    ready: Type.Boolean(),
    reason: Type.String({ description: 'Why it is not ready; else empty.' }),
    caller: Type.Object({ user: Type.String(), root: Type.Boolean() }),
    stats: Type.Object({
      queued: Type.Integer(),
      running: Type.Integer(),
      activeAttempts: Type.Integer(),
      runsAccepted: Type.Integer(),
      runsFinished: Type.Integer(),
      attemptsStarted: Type.Integer(),
      staleReports: Type.Integer(),
    }),
  },
  { title: 'Info' },
);
export type InfoView = Static<typeof InfoView>;

/** What works here and what is missing, with the fix. */
export const DoctorView = Type.Object(
  {
    facts: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          status: Type.Enum(['ok', 'warning', 'failed']),
          detail: Type.String(),
          fix: Type.String(),
        },
        { title: 'DoctorFact' },
      ),
    ),
  },
  { title: 'Doctor' },
);
export type DoctorView = Static<typeof DoctorView>;

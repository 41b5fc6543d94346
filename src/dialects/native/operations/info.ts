import { defineOperation, json } from '../operation.ts';
import { DoctorView, InfoView } from '../views/info.ts';

const group = 'server';

const info = defineOperation({
  name: 'GetInfo',
  method: 'GET',
  path: '/info',
  group,
  summary: 'What this server is, whether it is ready, and who asks.',
  reply: {
    status: 200,
    type: 'application/json',
    schema: InfoView,
    description: 'Facts and numbers.',
  },
  async handle({ caller }, services) {
    const { engine, version, baseUrl, region, accountId, dataDir, startedAtMs } = services;
    const [readiness, stats] = await Promise.all([engine.ready(), engine.stats()]);
    return json({
      version,
      url: baseUrl(),
      region,
      accountId,
      dataDir,
      startedAtMs,
      ...readiness,
      caller: { user: caller.user.name, root: caller.user.root },
      stats,
    });
  },
});

const doctor = defineOperation({
  name: 'GetDoctor',
  method: 'GET',
  path: '/doctor',
  group,
  summary: 'What works on the server’s machine and what is missing, with the fix.',
  reply: { status: 200, type: 'application/json', schema: DoctorView, description: 'The facts.' },
  async handle(_call, services) {
    return json({ facts: await services.facts() });
  },
});

export const infoOperations = [info, doctor] as const;

import { Type } from 'typebox';
import type { ClusterSpec } from '../../clusters/cluster.ts';
import { answer, defineOperation } from '../../operation.ts';
import { optionalAddresses, optionalFlag, optionalText, readFlag, stated } from './fields.ts';

/** Changes schedules and reminders of a cluster, which are kept and shown (cdm.md appendix B). */
export const modifyCluster = defineOperation({
  name: 'modifyCluster',
  action: 'cdm:cluster:modify',
  method: 'POST',
  path: '/cluster/modify/{cluster_id}',
  summary: 'Changes schedules and reminders of a cluster; they are kept, and act on nothing here.',
  body: Type.Object({
    autoOff: optionalFlag,
    scheduleBootOff: optionalFlag,
    scheduleBootTime: optionalText,
    scheduleOffTime: optionalText,
    autoRemind: optionalFlag,
    phoneNum: optionalAddresses,
    email: optionalAddresses,
  }),
  async handle({ params, body, project }, { clusters }) {
    const { autoOff, scheduleBootOff, autoRemind, ...texts } = body;
    const { scheduleBootTime, scheduleOffTime, phoneNum, email } = texts;
    const change = stated({
      autoOff: readFlag(autoOff),
      scheduleBootOff: readFlag(scheduleBootOff),
      autoRemind: readFlag(autoRemind),
      scheduleBootTime,
      scheduleOffTime,
      phoneNum,
      email,
    }) as Partial<ClusterSpec>;
    await clusters.modify(project, params.cluster_id, change);
    return answer({});
  },
});

import { builtInWorker } from '../../built-in-worker.ts';
import { requireGroup } from '../../groups.ts';
import { common, defineOperation } from '../../operation.ts';
import { shownWorker } from '../../render/worker.ts';

/** Live workers of an application; this server is one of each, for scripts and http (§4.5). */
export const getWorkerList = defineOperation({
  name: 'GetWorkerList',
  ramAction: 'ReadSchedulerxAppGroupQuery',
  method: 'GET',
  parameters: [common.regionId, common.namespace, common.namespaceSource, common.groupId],
  async handle(call, services) {
    const group = await requireGroup(services, call.params);
    const workers = services.context.engine.workers(group.number);
    return { data: { WorkerInfos: [...workers.map(shownWorker), builtInWorker(call)] } };
  },
});

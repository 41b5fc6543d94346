import type { Operation } from '../../aliyun/operation.ts';
import type { SaeServices } from '../services.ts';
import { instanceSpecifications } from '../validation/instance-specification.ts';

/** Lists the sizes an instance can have (sae.md §5.6, §4.3.1). */
export const describeInstanceSpecifications: Operation<SaeServices> = {
  name: 'DescribeInstanceSpecifications',
  method: 'GET',
  path: '/pop/v1/paas/quota/instanceSpecifications',
  parameters: [],
  async handle() {
    const pairs = [...instanceSpecifications].flatMap(([memoryMib, cpus]) =>
      cpus.map((cpuMillis) => ({ cpuMillis, memoryMib })),
    );
    return {
      data: pairs.map(({ cpuMillis, memoryMib }, index) => ({
        Id: index + 1,
        Cpu: cpuMillis,
        Memory: memoryMib,
        Enable: true,
        SpecInfo: `${cpuMillis / 1000} vCPU, ${memoryMib / 1024} GiB`,
        Version: 0,
      })),
    };
  },
};

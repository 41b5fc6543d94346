import { failures } from '../../errors.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { required } from '../../parameters.ts';
import { changePolicy, policyName } from '../../policies.ts';
import { boundedText } from '../../texts.ts';
import { readableTimeRange } from '../../translate/channel-time-range.ts';

/** Makes a notification policy; names are unique (schedulerx.md §4.8). */
export const createPolicy = defineOperation({
  name: 'CreateSchedulerxNotificationPolicy',
  method: 'POST',
  parameters: [
    common.regionId,
    parameter('PolicyName', 'string', 'at most 128 characters', { required: true }),
    parameter('ChannelTimeRange', 'json', 'when to tell by which channel, schedulerx.md §5.12', {
      required: true,
    }),
    parameter('Description', 'string', 'read back', { effect: 'stored' }),
  ],
  async handle({ params, caller }, services) {
    const name = policyName(params);
    const channelTimeRange = readableTimeRange(
      boundedText('ChannelTimeRange', required(params, 'ChannelTimeRange'), 16 * 1024),
    );
    const description = boundedText('Description', params.get('Description') ?? '', 1_000);
    await changePolicy(services, name, (current) => {
      if (current !== null) throw failures.policyExists(name);
      return { channelTimeRange, description, creator: caller.user, updater: caller.user };
    });
    return {};
  },
});

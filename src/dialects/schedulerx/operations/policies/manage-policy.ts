import { common, defineOperation, parameter } from '../../operation.ts';
import { changePolicy, policyName, unknownPolicy } from '../../policies.ts';
import { boundedText } from '../../texts.ts';
import { readableTimeRange } from '../../translate/channel-time-range.ts';

/** Changes a notification policy; what is absent stays (schedulerx.md §4.8). */
export const managePolicy = defineOperation({
  name: 'ManageSchedulerxNotificationPolicy',
  method: 'POST',
  parameters: [
    common.regionId,
    parameter('PolicyName', 'string', 'which', { required: true }),
    parameter('ChannelTimeRange', 'json', 'when to tell by which channel, schedulerx.md §5.12'),
    parameter('Description', 'string', 'read back', { effect: 'stored' }),
  ],
  async handle({ params, caller }, services) {
    const name = policyName(params);
    const given = params.get('ChannelTimeRange') ?? '';
    const channelTimeRange =
      given === ''
        ? undefined
        : readableTimeRange(boundedText('ChannelTimeRange', given, 16 * 1024));
    const described = params.get('Description');
    const description =
      described === undefined ? undefined : boundedText('Description', described, 1_000);
    await changePolicy(services, name, (current) => {
      if (current === null) throw unknownPolicy(name);
      return {
        channelTimeRange: channelTimeRange ?? current.channelTimeRange,
        description: description ?? current.description,
        creator: current.creator,
        updater: caller.user,
      };
    });
    return {};
  },
});

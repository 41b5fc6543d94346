import type { ConfigMap } from '../../../domain/catalog.ts';
import type { SubmitRequest } from '../../../engine/index.ts';
import type { Call } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import type { SaeSettings } from '../services.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import { applyOverrides } from './override.ts';

/** Longest EventId. */
const maxEventIdChars = 128;

/** An ExecJob call, with what was read for it. */
export interface ExecRequest {
  readonly call: Call;
  readonly appId: string;
  /** What `sentOverrides` finds in it. */
  readonly sent: ParameterBag;
  /** ConfigMaps that its Envs refer to, by id. */
  readonly configMaps: ReadonlyMap<number, ConfigMap>;
}

/**
 * An ExecJob call as the engine's wish to start a run.
 *
 * The contract decides "template exists" and "EventId known" before "overrides valid" (sae.md
 * §4.4). So faults are not thrown here but by `override`, which the engine calls at that point.
 * A call that overrides nothing has none: the run then takes the template as it is.
 */
export function submitRequest(
  { call, appId, sent, configMaps }: ExecRequest,
  settings: SaeSettings,
): SubmitRequest {
  const { params, caller } = call;
  const eventId = params.get('EventId') ?? '';
  const time = params.get('Time') ?? '';
  const eventIdFault = eventId.length > maxEventIdChars || eventId.includes('\0');
  const notBeforeMs = time === '' ? null : parseTime(time);
  const timeFault = time !== '' && notBeforeMs === null;
  const plain = Object.keys(sent).length === 0 && !eventIdFault && !timeFault;
  return {
    templateId: appId,
    dialect: 'sae',
    trigger: 'manual',
    idPrefix: 'manual-',
    idSuffix: '',
    idempotencyKey: eventId === '' || eventIdFault ? null : eventId,
    notBeforeMs,
    by: caller.user,
    traceparent: caller.traceparent ?? null,
    override: plain
      ? null
      : (template) => {
          if (eventIdFault) throw saeError('InvalidParameter.Obviously', 'EventId');
          if (timeFault) throw saeError('InvalidParameter.Obviously', 'Time');
          return applyOverrides(template, sent, settings, configMaps);
        },
  };
}

/** Epoch ms of `yyyy-MM-dd'T'HH:mm:ss'Z'` in UTC (sae.md §7.2 U9); null for any other text. */
export function parseTime(text: string): number | null {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) return null;
  // A day that does not exist, such as 30 February, rolls over in parsing: compare back.
  return new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19) ? ms : null;
}

/** Id of a run that a trigger started (sae.md §1, U15). */
export function eventRunId(uuid: string): string {
  return `event-${uuid}-00`;
}

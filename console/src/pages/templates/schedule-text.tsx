import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { useFormat } from '../../i18n/format.ts';
import { useTemplatesWords } from './words.ts';
import './templates.css';

/** A schedule in a few words; the zone where it is not UTC. */
export function ScheduleText({ schedule }: Pick<TemplateView, 'schedule'>) {
  const words = useTemplatesWords();
  const format = useFormat();
  if (schedule === null) return <span className="muted">{words.byHand}</span>;
  const { timing, zone } = schedule;
  const texts = words.schedules;
  const text = ((): string => {
    switch (timing.kind) {
      case 'cron':
        return texts.cron(timing.expression);
      case 'fixed-rate':
        return texts.every(format.duration(timing.everyMs));
      case 'fixed-delay':
        return texts.delay(format.duration(timing.delayMs));
      case 'one-time':
        return texts.once(format.dateTime(timing.atMs));
      case 'calendar-steps':
        return texts.steps(format.number(timing.every), texts.units[timing.unit]);
      case 'none':
        return texts.none;
    }
  })();
  return (
    <span className="template-schedule">
      <span className={timing.kind === 'cron' ? 'mono' : undefined}>{text}</span>
      {/^(?:UTC|GMT|Z)$/i.test(zone) ? null : <span className="muted">{zone}</span>}
    </span>
  );
}

import { useQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import type { SchedulePreviewView } from '../../../../src/dialects/native/views/schedule.ts';
import { api } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import { useRights } from '../../api/session.ts';
import { reasonText } from '../template/reason-text.ts';
import { useTemplateWords } from '../template/words.ts';
import type { Drafts } from './drafts.ts';
import { useFormWords } from './words.ts';

const shownCount = 5;

/** What a schedule that is being written would do, or what is wrong with it. */
export function SchedulePreview({
  text,
  siblings,
}: {
  readonly text: string;
  readonly siblings: Drafts;
}) {
  const words = useFormWords();
  const rules = useTemplateWords();
  const { may } = useRights();
  const zone = typeof siblings['timezone'] === 'string' ? siblings['timezone'] : '';
  const asked = useDeferredValue(JSON.stringify([text.trim(), zone]));
  const preview = useQuery({
    queryKey: ['schedule preview', asked],
    queryFn: ({ signal }) => {
      const schedule = scheduleOf(text.trim(), zone);
      const body = { schedule, count: shownCount };
      return api.post<SchedulePreviewView>('/schedules/preview', body, { signal });
    },
    enabled: text.trim() !== '' && may('PreviewSchedule'),
    retry: false,
  });
  if (text.trim() === '') return null;
  const { data, error } = preview;
  return (
    <div className="form-preview" aria-live="polite">
      {error instanceof ApiError ? <span className="field-error">{error.detail}</span> : null}
      {data === undefined || error !== null ? null : (
        <>
          <span className="muted">
            {words.preview} ({data.schedule.zone})
          </span>
          {data.occurrences.length === 0 ? <span>{data.note || words.previewNone}</span> : null}
          <ol>
            {data.occurrences.map(({ nominalAtMs, localTime, fires, rule, reason }) => (
              <li key={nominalAtMs} className={fires ? 'number' : 'number form-preview-dropped'}>
                {localTime.replace('T', ' ')}
                {fires
                  ? null
                  : ` · ${words.previewDropped}: ${reasonText({ rule, reason }, rules)}`}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

/** The text as it would be sent; one that names no zone is read in that of the job. */
function scheduleOf(text: string, zone: string): unknown {
  const named = zone === '' ? {} : { zone };
  if (!text.startsWith('{')) {
    return { timing: { kind: 'cron', expression: text }, ...named };
  }
  try {
    return { ...named, ...(JSON.parse(text) as object) };
  } catch {
    return text;
  }
}

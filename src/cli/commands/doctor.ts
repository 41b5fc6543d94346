import { Command } from 'commander';
import { machineFacts } from '../../app/doctor.ts';
import type { DoctorView } from '../../dialects/native/views/info.ts';
import type { ConfigFlags } from '../config-flags.ts';
import { exitCodes } from '../errors.ts';
import { show } from '../output.ts';
import { readConfig, withConfigFlags } from './up.ts';

const marks = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' } as const;

/** `longshore doctor`: what works on this machine and what is missing, with the fix. */
export function doctorCommand(): Command {
  return withConfigFlags(
    new Command('doctor').description(
      'Tell what works on this machine and what is missing, with the fix.',
    ),
  )
    .option('--json', 'print JSON for scripts')
    .action(async (flags: ConfigFlags & { readonly json?: boolean }) => {
      const { config } = readConfig(flags);
      const facts = await machineFacts(config, { port: true });
      const view: DoctorView = { facts: [...facts] };
      show(flags, view, () =>
        facts
          .map(
            ({ name, status, detail, fix }) =>
              `${marks[status]}  ${name}: ${detail}${status === 'ok' ? '' : `\n         ${fix}`}`,
          )
          .join('\n'),
      );
      if (facts.some((fact) => fact.status === 'failed')) process.exitCode = exitCodes.failed;
    });
}

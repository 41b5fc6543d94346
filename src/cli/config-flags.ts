import type { ConfigInput } from '../app/config.ts';
import { CliError, exitCodes } from './errors.ts';

/** Flags that set configuration, as the command line gives them. */
export interface ConfigFlags {
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
  readonly logLevel?: string;
  readonly config?: string;
  readonly set?: readonly string[];
}

/** What the configuration is read from: flags over environment over file over default. */
export function configInput(flags: ConfigFlags): ConfigInput {
  const short = [
    ['dataDir', flags.data],
    ['listen.host', flags.host],
    ['listen.port', flags.port],
    ['log.level', flags.logLevel],
  ] as const;
  const long = (flags.set ?? []).map((text) => {
    const at = text.indexOf('=');
    if (at < 1)
      throw new CliError(
        `--set ${text} is not key=value`,
        'Write for example --set listen.port=8480',
        exitCodes.usage,
      );
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return {
    flags: [
      ...short.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
      ...long,
    ],
    env: process.env,
    file: flags.config ?? null,
    cwd: process.cwd(),
    root: process.getuid?.() === 0,
  };
}

import type { PackageArtifact } from '../../../domain/template.ts';
import { javaHome, oneLine, script, type ScriptOptions } from './script.ts';

/**
 * The start of a FatJar, as sae.md §4.3.3 gives it. The options are shell words: quotes and
 * variables in them mean what they mean to a shell.
 */
export function jarScript(
  { options, args }: Extract<PackageArtifact, { format: 'jar' }>,
  how: ScriptOptions,
): string {
  const words = [
    'exec "$JAVA_HOME/bin/java"',
    oneLine(options),
    '-jar $CATALINA_OPTS "$package_path"',
    oneLine(args),
  ];
  return script('Starts a jar.', [...javaHome(how), words.filter((word) => word !== '').join(' ')]);
}

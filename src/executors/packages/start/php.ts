import type { PhpSettings } from '../../../domain/template.ts';
import { baseFolder, copyOfPackage, quoted, script, type ScriptOptions } from './script.ts';

/**
 * The start of a PhpZip: a private copy of the package as working directory, the php.ini of the
 * template in place of the runtime's, then the command ("$@"). On a machine PHP is told where that
 * file lies; in a container it is laid where the template says.
 * @param program PHP of this machine; null = the one of the image.
 */
export function phpScript(program: string | null, php: PhpSettings, how: ScriptOptions): string {
  return script('Starts a PHP package.', [
    ...baseFolder(how),
    ...copyOfPackage('"$base/app"'),
    ...(program === null
      ? []
      : [
          'mkdir -p "$base/bin" && ln -sf ' +
            `${quoted(program)} "$base/bin/php" || fail "php could not be linked"`,
          'export PATH="$base/bin:$PATH"',
        ]),
    ...settings(php, how),
    'cd "$base/app" || exit 1',
    'exec "$@"',
  ]);
}

function settings({ config, location }: PhpSettings, { via }: ScriptOptions): readonly string[] {
  if (config === null) return [];
  if (via === 'folder' || location === null) return ['export PHPRC="${PHPRC:-$start}"'];
  const place = quoted(location);
  const folder = quoted(location.slice(0, location.lastIndexOf('/')) || '/');
  return [
    `mkdir -p ${folder} && cp "$start/php.ini" ${place} || fail "php.ini could not be laid at "${place}`,
    // Elsewhere PHP may not look for it; a file of another name is one more beside its php.ini.
    ...(location.endsWith('/php.ini') ? [`[ -n "\${PHPRC:-}" ] || export PHPRC=${folder}`] : []),
  ];
}

import type { PackageArtifact } from '../../../domain/template.ts';
import { baseFolder, copyOfPackage, javaHome, oneLine, quoted, script } from './script.ts';
import type { ScriptOptions } from './script.ts';
import { contextFolder } from './tomcat-files.ts';

/** What Tomcat reads of its own configuration, where it lies in the usual and in Debian's layout. */
const ownFiles = 'web.xml context.xml catalina.properties';

/**
 * The start of a War: a CATALINA_BASE of this attempt alone, with a copy of the package that the
 * job may write to, then WarStartOptions or the usual start (sae.md §4.3.3).
 */
export function warScript(
  { startOptions, tomcat }: Extract<PackageArtifact, { format: 'war' }>,
  how: ScriptOptions,
): string {
  return script('Starts a web application in Tomcat.', [
    ...javaHome(how),
    ...catalinaHome(how),
    ...baseFolder(how),
    'CATALINA_BASE=$base/catalina CATALINA_TMPDIR=$base/catalina/temp',
    'for folder in conf logs temp webapps work; do',
    '  mkdir -p "$CATALINA_BASE/$folder" || fail "the folders of Tomcat could not be made"',
    'done',
    `for file in ${ownFiles}; do`,
    '  for folder in conf etc; do',
    '    [ -r "$CATALINA_HOME/$folder/$file" ] || continue',
    '    cp "$CATALINA_HOME/$folder/$file" "$CATALINA_BASE/conf/$file" && break',
    '  done',
    'done',
    'cp "$start/server.xml" "$start/logging.properties" "$CATALINA_BASE/conf" || fail "the settings of Tomcat could not be copied"',
    ...copyOfPackage(
      `"$CATALINA_BASE"/webapps/${quoted(contextFolder(tomcat.contextPath) ?? 'ROOT')}`,
    ),
    // Logs of a web application are for whoever collects them; catalina.sh would close them.
    ': "${UMASK:=0022}"',
    'PATH=$CATALINA_HOME/bin:$JAVA_HOME/bin:$PATH',
    // A port that is taken ends the job; by itself Tomcat would go on without it.
    'CATALINA_OPTS="-Dorg.apache.catalina.startup.EXIT_ON_INIT_FAILURE=true ${CATALINA_OPTS:-}"',
    'export CATALINA_HOME CATALINA_BASE CATALINA_TMPDIR CATALINA_OPTS UMASK PATH',
    ...command(oneLine(startOptions)),
  ]);
}

/** CATALINA_HOME: given on the host; in an image its own, else that of its `catalina.sh`. */
function catalinaHome({ via }: ScriptOptions): readonly string[] {
  if (via === 'folder') return [];
  return [
    'if [ -z "${CATALINA_HOME:-}" ] || [ ! -r "$CATALINA_HOME/bin/catalina.sh" ]; then',
    '  catalina=$(command -v catalina.sh) || fail "the image of this runtime has no catalina.sh on its PATH" 127',
    '  catalina=$(readlink -f "$catalina")',
    '  CATALINA_HOME=${catalina%/bin/catalina.sh}',
    'fi',
  ];
}

function command(options: string): readonly string[] {
  // The manual's own words for the usual start; `-Options` stands for whatever one likes.
  const usual =
    /^java \$JAVA_OPTS \$CATALINA_OPTS -Options org\.apache\.catalina\.startup\.Bootstrap "\$@" start$/;
  if (options === '' || usual.test(options)) return ['exec catalina.sh run'];
  if (options.startsWith('-')) {
    return [`export CATALINA_OPTS="$CATALINA_OPTS "${quoted(options)}`, 'exec catalina.sh run'];
  }
  if (!options.includes('org.apache.catalina.startup.Bootstrap')) return shellCommand(options);
  // Java called by hand needs what catalina.sh would tell it.
  const properties = [
    '-Dcatalina.home=$CATALINA_HOME',
    '-Dcatalina.base=$CATALINA_BASE',
    '-Djava.io.tmpdir=$CATALINA_TMPDIR',
    '-Djava.util.logging.config.file=$CATALINA_BASE/conf/logging.properties',
    '-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager',
  ];
  return [
    'export CLASSPATH="$CATALINA_HOME/bin/bootstrap.jar:$CATALINA_HOME/bin/tomcat-juli.jar"',
    `export JAVA_OPTS="\${JAVA_OPTS:-} ${properties.join(' ')}"`,
    ...shellCommand(options.replaceAll(/(?<=\s)-Options\s/g, '')),
  ];
}

/**
 * A command of the template, which need not be one program that could take the shell's place: the
 * shell hands a stop on to all of its group and stays until the command has ended.
 */
function shellCommand(text: string): readonly string[] {
  return [
    `( trap 'exit 143' TERM; eval ${quoted(text)} ) &`,
    'command=$!',
    `trap 'trap "" TERM; kill -TERM 0' TERM`,
    'wait "$command"; status=$?',
    'while kill -0 "$command" 2>/dev/null; do wait "$command"; status=$?; done',
    'exit "$status"',
  ];
}

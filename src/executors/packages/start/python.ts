import { baseFolder, copyOfPackage, quoted, script, type ScriptOptions } from './script.ts';

/**
 * The start of a PythonZip: a private copy of the package as working directory, its modules
 * installed beside it, then the command ("$@"). Installing is part of the job: its words are in
 * the job's log, and timeout and stop end it.
 * @param program Python of this machine; null = the one of the image.
 * @param ownModules Whether `requirements.txt` lies beside the script; else the package's counts.
 */
export function pythonScript(
  program: string | null,
  ownModules: boolean,
  how: ScriptOptions,
): string {
  return script('Starts a Python package.', [
    program === null
      ? 'python=$(command -v python3 || command -v python) || fail "the image of this runtime has no python on its PATH" 127'
      : `python=${quoted(program)}`,
    ...baseFolder(how),
    ...copyOfPackage('"$base/app"'),
    'mkdir -p "$base/modules" "$base/bin" || fail "the folder for modules could not be made"',
    'for name in python python3; do ln -sf "$python" "$base/bin/$name"; done',
    'cd "$base/app" || exit 1',
    `requirements=${ownModules ? '$start/requirements.txt' : 'requirements.txt'}`,
    'if [ -s "$requirements" ]; then',
    '  echo "installing the modules of the package" >&2',
    '  PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_NO_CACHE_DIR=${PIP_NO_CACHE_DIR:-1} PIP_ROOT_USER_ACTION=ignore \\',
    '    "$python" -m pip install --target "$base/modules" -r "$requirements" >&2 &',
    // The first process of a container is alone in hearing a stop.
    '  pip=$!',
    '  trap \'kill -TERM "$pip" 2>/dev/null; wait "$pip"; exit 143\' TERM',
    '  wait "$pip"; status=$?',
    '  trap - TERM',
    '  [ "$status" -eq 0 ] || fail "the modules of the package could not be installed (pip: exit $status)" "$status"',
    'fi',
    'export PATH="$base/bin:$base/modules/bin:$PATH"',
    'export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}$base/modules"',
    'exec "$@"',
  ]);
}

import { execFile } from 'node:child_process';
import path from 'node:path';
import { maxProbeBytes, probeMs } from '../limits.ts';
import type { DetectedRuntime } from './runtime.ts';

/** Asks the JDK or JRE in a folder for its version; null when there is none that answers. */
export async function probeJava(home: string): Promise<DetectedRuntime | null> {
  const program = path.join(home, 'bin', 'java');
  // It speaks on stderr: openjdk version "17.0.15" 2025-04-15, then runtime and maker.
  const words = await ask(program, ['-version']);
  const version = /version "([^"]+)"/.exec(words)?.[1];
  if (version === undefined) return null;
  const product = /dragonwell/i.test(words)
    ? 'Dragonwell'
    : /openjdk/i.test(words)
      ? 'OpenJDK'
      : 'Java';
  return { family: 'java', product, version, home, program };
}

/** Asks the Tomcat in a folder for its version, by some Java. */
export async function probeTomcat(home: string, java: string): Promise<DetectedRuntime | null> {
  const jar = path.join(home, 'lib', 'catalina.jar');
  const words = await ask(java, ['-cp', jar, 'org.apache.catalina.util.ServerInfo']);
  // Server number:  10.1.60.0; the last number is always 0.
  const version = /^Server number:\s*(\d+\.\d+\.\d+)/m.exec(words)?.[1];
  if (version === undefined) return null;
  const program = path.join(home, 'bin', 'catalina.sh');
  return { family: 'tomcat', product: 'Apache Tomcat', version, home, program };
}

/** Asks a Python for its version; null when it is none. */
export async function probePython(program: string): Promise<DetectedRuntime | null> {
  const version = /^Python (\d[\w.+]*)/m.exec(await ask(program, ['-V']))?.[1];
  if (version === undefined) return null;
  return { family: 'python', product: 'Python', version, home: path.dirname(program), program };
}

/** Asks a PHP for its version; null when it is none. */
export async function probePhp(program: string): Promise<DetectedRuntime | null> {
  const version = /^PHP (\d+(?:\.\d+)*)/m.exec(await ask(program, ['-n', '-v']))?.[1];
  if (version === undefined) return null;
  return { family: 'php', product: 'PHP', version, home: path.dirname(program), program };
}

/** What a program prints on both streams; '' when it fails, or takes too long or too many words. */
function ask(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      {
        cwd: '/',
        // Nothing of the server's: JAVA_TOOL_OPTIONS and the like change what is answered.
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
        timeout: probeMs,
        killSignal: 'SIGKILL',
        maxBuffer: maxProbeBytes,
      },
      (error, stdout, stderr) => resolve(error === null ? `${stdout}\n${stderr}` : ''),
    );
  });
}

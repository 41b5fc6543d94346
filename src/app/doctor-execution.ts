import { http } from '../lib/node-http.ts';
import type { DoctorFact } from '../dialects/native/operation.ts';
import { findSocket } from '../executors/container/socket.ts';
import { describeRuntimes } from '../executors/packages/runtimes/describe.ts';
import { detectedRuntimes } from '../executors/packages/runtimes/detect.ts';
import type { FrozenConfig } from './config/schema.ts';

/** Longest an engine may take to answer. */
const engineTimeoutMs = 3_000;
/** Most of an answer that is shown. */
const maxAnswerChars = 64;

/** What runs images and packages on this machine. */
export async function executionFacts(config: FrozenConfig): Promise<readonly DoctorFact[]> {
  return [await engineFact(config), await runtimesFact(config)];
}

async function engineFact({ container }: FrozenConfig): Promise<DoctorFact> {
  const name = 'container engine';
  if (container.enabled === 'never') {
    return { name, status: 'ok', detail: 'switched off (container.enabled: never)', fix: '' };
  }
  const socket = container.socket === '' ? findSocket() : container.socket;
  try {
    const version = await engineVersion(socket);
    return { name, status: 'ok', detail: `Docker API ${version} at ${socket}`, fix: '' };
  } catch (error) {
    return {
      name,
      status: container.enabled === 'always' ? 'failed' : 'warning',
      detail: `none answers at ${socket}: ${error instanceof Error ? error.message : String(error)}; images cannot run`,
      fix: 'Start Docker or Podman (podman system service), or name its socket with container.socket.',
    };
  }
}

function engineVersion(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const ask = http.request({ socketPath, path: '/_ping', timeout: engineTimeoutMs }, (answer) => {
      answer.resume();
      const version = answer.headers['api-version'];
      if (answer.statusCode === 200) {
        resolve(String(version ?? 'of unknown version').slice(0, maxAnswerChars));
      } else {
        reject(new Error(`it answers ${answer.statusCode}`));
      }
    });
    ask.once('timeout', () => ask.destroy(new Error(`no answer within ${engineTimeoutMs} ms`)));
    ask.once('error', reject);
    ask.end();
  });
}

async function runtimesFact({ packages }: FrozenConfig): Promise<DoctorFact> {
  const name = 'package runtimes';
  const found = describeRuntimes(packages.runtimes, await detectedRuntimes());
  return found.length > 0
    ? { name, status: 'ok', detail: found.join('; '), fix: '' }
    : {
        name,
        status: 'warning',
        detail: 'none found; FatJar, War, PythonZip and PhpZip cannot run',
        fix: 'Install a JDK, Tomcat, Python or PHP, or name images in packages.runtimes.',
      };
}

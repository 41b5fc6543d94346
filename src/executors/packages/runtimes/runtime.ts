/** What runs packages. */
export type RuntimeFamily = 'java' | 'tomcat' | 'python' | 'php';

/** A runtime of this machine. */
export interface DetectedRuntime {
  readonly family: RuntimeFamily;
  /** As it calls itself, e.g. `OpenJDK`, `Dragonwell`, `Apache Tomcat`. */
  readonly product: string;
  /** As it tells it, e.g. `17.0.15`. */
  readonly version: string;
  /** JAVA_HOME, CATALINA_HOME, or the folder of the program. */
  readonly home: string;
  /** The program that is run. */
  readonly program: string;
}

/** How a family is called in messages. */
export const familyNames: Readonly<Record<RuntimeFamily, string>> = {
  java: 'JDK',
  tomcat: 'Tomcat',
  python: 'Python',
  php: 'PHP',
};

/** A runtime in words, for messages and `doctor`. */
export function describeRuntime({ product, version, home }: DetectedRuntime): string {
  return `${product} ${version} of ${home}`;
}

import type { TomcatSettings } from '../../../domain/template.ts';

/** Path segments that can also name a folder, in Tomcat's way of naming. */
const segment = /^[A-Za-z0-9._~-]+$/;

/**
 * The folder under `webapps` that Tomcat serves at a context path: `ROOT`, or the path with `#`
 * for `/`.
 * @returns null when the path cannot be one.
 */
export function contextFolder(contextPath: string): string | null {
  const parts = contextPath.split('/').filter((part) => part !== '');
  if (parts.length === 0) return 'ROOT';
  const usable = parts.every((part) => segment.test(part) && !/^\.+$/.test(part));
  return usable && contextPath.startsWith('/') ? parts.join('#') : null;
}

/**
 * `server.xml` with one connector (sae.md §4.3.5) and one host. There is no shutdown port: signals
 * stop it, and several attempts on one machine do not meet there.
 */
export function serverXml(settings: TomcatSettings): string {
  const { port, maxThreads, uriEncoding, useBodyEncodingForUri } = settings;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="SHUTDOWN">
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener" />
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener" />
  <Service name="Catalina">
    <Connector port="${port}" protocol="HTTP/1.1" connectionTimeout="20000"
               maxThreads="${maxThreads}" URIEncoding="${attribute(uriEncoding)}"
               useBodyEncodingForURI="${useBodyEncodingForUri}" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false" />
    </Engine>
  </Service>
</Server>
`;
}

/** Everything Tomcat logs goes where the job's output goes. */
export const loggingProperties = `handlers = java.util.logging.ConsoleHandler
.handlers = java.util.logging.ConsoleHandler
java.util.logging.ConsoleHandler.level = INFO
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
`;

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { applicationResource, knownTemplate, optionalChoice, optionalText } from '../requests.ts';
import type { SaeServices } from '../services.ts';

const types = ['JDK', 'TOMCAT'] as const;

/** Names that templates give to runtimes, with what they stand for (sae.md §4.1). */
const components: Readonly<Record<(typeof types)[number], Readonly<Record<string, string>>>> = {
  JDK: {
    'Open JDK 8': 'OpenJDK 8',
    'Open JDK 7': 'OpenJDK 7',
    'Dragonwell 11': 'Dragonwell 11',
    'Dragonwell 8': 'Dragonwell 8',
    'openjdk-8u191-jdk-alpine3.9': 'OpenJDK 8u191 on Alpine 3.9',
    'openjdk-7u201-jdk-alpine3.9': 'OpenJDK 7u201 on Alpine 3.9',
  },
  TOMCAT: {
    'apache-tomcat-7.0.91': 'Apache Tomcat 7.0.91',
    'apache-tomcat-8.5.42': 'Apache Tomcat 8.5.42',
  },
};

/**
 * Lists what Jdk and WebContainer can name (sae.md §5.6). Which program runs for a name is the
 * operator's configuration; a substituted one is told on the run.
 */
export const describeComponents: Operation<SaeServices> = {
  name: 'DescribeComponents',
  method: 'GET',
  path: '/pop/v1/sam/resource/components',
  parameters: [
    parameterInfo('Type', 'string', true, 'TOMCAT or JDK'),
    parameterInfo('AppId', 'string', false, 'an existing template; all have the same components'),
  ],
  resource: applicationResource,
  async handle({ params }, services) {
    const type = optionalChoice(params, 'Type', types);
    if (type === undefined) throw saeError('InvalidParameter.NotEmpty', 'Type');
    const appId = optionalText(params, 'AppId');
    if (appId !== undefined) await knownTemplate(services, appId);
    return {
      data: Object.entries(components[type]).map(([key, description]) => ({
        ComponentKey: key,
        ComponentDescription: description,
        Type: type,
        Expired: false,
      })),
    };
  },
};

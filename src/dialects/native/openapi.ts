import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import type { NativeOperation, ReplyInfo } from './operation.ts';

type Json = Record<string, unknown>;

/** Shape of every error answer (RFC 9457). */
const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; programs decide by it.' }),
    detail: Type.String({ description: 'What was wrong and where.' }),
    fix: Type.String({ description: 'What to do.' }),
    requestId: Type.String(),
    faults: Type.Optional(
      Type.Array(
        Type.Object({ path: Type.String(), code: Type.String(), message: Type.String() }),
        { description: 'Each fault by itself, where there can be several.' },
      ),
    ),
    wireCode: Type.Optional(
      Type.String({ description: 'Code of the dialect whose operation was refused.' }),
    ),
  },
  { title: 'Problem' },
);

/** Collects titled schemas as components and refers to them. */
class Components {
  readonly schemas: Record<string, Json> = {};

  refer(schema: unknown): unknown {
    if (Array.isArray(schema)) {
      return schema.map((part) => this.refer(part));
    }
    if (typeof schema !== 'object' || schema === null) {
      return schema;
    }
    // What a handler checks itself is let through by its schema and described by another one.
    if ('documentedAs' in schema) return this.refer(schema.documentedAs);
    const title = (schema as Json)['title'];
    if (typeof title !== 'string') {
      return this.#copy(schema);
    }
    if (!(title in this.schemas)) {
      this.schemas[title] = {}; // Reserved first, so that a schema may contain itself.
      this.schemas[title] = this.#copy(schema);
    }
    return { $ref: `#/components/schemas/${title}` };
  }

  #copy(schema: object): Json {
    return Object.fromEntries(
      Object.entries(schema).map(([key, value]) => [key, this.refer(value)]),
    );
  }
}

function parametersOf(
  schema: TSchema | undefined,
  place: 'path' | 'query',
  components: Components,
): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: components.refer(rest),
    };
  });
}

function success(reply: ReplyInfo, components: Components): Json {
  if (reply.type === null) {
    return { description: reply.description };
  }
  const schema = reply.schema === undefined ? {} : { schema: components.refer(reply.schema) };
  return { description: reply.description, content: { [reply.type]: schema } };
}

function operationObject(operation: NativeOperation, components: Components): Json {
  const problem = {
    description: 'A refusal with its code, detail and fix.',
    content: { 'application/problem+json': { schema: components.refer(problemSchema) } },
  };
  const { name, group, summary, params, query, body, reply } = operation;
  return {
    operationId: name,
    tags: [group],
    summary,
    description: `Policy action: \`longshore:${name}\`.`,
    parameters: [
      ...parametersOf(params, 'path', components),
      ...parametersOf(query, 'query', components),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.refer(body) } },
          },
        }),
    responses: { [reply.status]: success(reply, components), default: problem },
  };
}

/** The OpenAPI 3.1 document of the operations. `prefix` is where they are mounted. */
export function openApiDocument(
  operations: readonly NativeOperation[],
  prefix: string,
  version: string,
): Json {
  const components = new Components();
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = (paths[`${prefix}${operation.path}`] ??= {});
    path[operation.method.toLowerCase()] = operationObject(operation, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Longshore native API',
      version,
      description: 'What the console and the CLI use. Times are milliseconds since the epoch.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ accessKey: [] }, { operatorToken: [] }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        accessKey: { type: 'http', scheme: 'basic', description: 'AccessKeyId and secret.' },
        operatorToken: {
          type: 'http',
          scheme: 'bearer',
          description: '`operator.token` of the data folder; root.',
        },
      },
    },
  };
}

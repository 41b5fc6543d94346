/** Calls that come from filled forms: carried out by the same code as requests on the wire. */
import { DomainError } from '../../domain/errors.ts';
import { type FormCaller, FormRefusal } from '../kit/operations.ts';
import { WireError } from './errors.ts';
import type { HuaweiFamily } from './family.ts';
import type { HuaweiCall, HuaweiReply, Product, Project } from './operation.ts';
import { perform, shapedBody } from './perform.ts';
import { bodyCheck } from './shape-check.ts';

/** Largest body of a form. */
const maxBodyBytes = 4 * 1024 * 1024;

/** What a form asks of an operation. */
export interface FormCall {
  readonly operation: string;
  /** Path parameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Id of a project. */
  readonly projectId: string;
}

/** @throws FormRefusal with the wire's code and message. */
export async function callByForm<S>(
  product: Product<S>,
  family: HuaweiFamily,
  { operation: name, params, body, projectId }: FormCall,
  caller: FormCaller,
): Promise<HuaweiReply> {
  const operation = product.operations.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`${product.name} has no operation ${name}`);
  const bytes = Buffer.from(JSON.stringify(body ?? {}));
  if (bytes.length > maxBodyBytes) {
    throw new FormRefusal(413, 'too-large', 'the form holds too much');
  }
  const project = await projectOf(family, projectId);
  const requestId = family.nextRequestId();
  try {
    const call: HuaweiCall = {
      params,
      query: {},
      body: shapedBody(product, operation, bodyCheck(operation.body), bytes),
      caller,
      project,
      language: 'en-us',
      requestId,
      header: () => undefined,
    };
    // What came by the console is not known to be TLS all the way.
    return await perform(product, operation, call, false, family);
  } catch (error) {
    if (error instanceof WireError) throw refusalOf(error);
    if (!(error instanceof DomainError)) throw error;
    throw refusalOf(product.errors[error.code](error.details, error.message));
  }
}

async function projectOf(family: HuaweiFamily, id: string): Promise<Project> {
  const project = await family.projects.find(id);
  if (project !== null) return project;
  throw new FormRefusal(404, 'APIGW.0302', `there is no project ${id.slice(0, 64)}`);
}

function refusalOf({ status, code, message, extra }: WireError): FormRefusal {
  const findings = extra['validation-result'];
  const told =
    Array.isArray(findings) && findings.length > 0 ? `: ${JSON.stringify(findings)}` : '';
  return new FormRefusal(status, code, `${message}${told}`);
}

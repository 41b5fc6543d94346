/** Forms of the family's products: carried out by the same code as requests on the wire. */
import { DomainError } from '../../domain/errors.ts';
import type { DialectName, Template } from '../../domain/template.ts';
import {
  type FormAnswer,
  type FormCaller,
  FormRefusal,
  type FormValues,
  type JobForms,
  type OperationForm,
} from '../kit/operations.ts';
import { bindOperation, type Endpoint } from './endpoint.ts';
import { WireError } from './errors.ts';
import type { AliyunFamily } from './family.ts';
import {
  aliyunRequests,
  type ClientNames,
  parameterText,
  type ShownOperation,
} from './form-requests.ts';
import type { Operation, Product, Reply } from './operation.ts';
import { perform } from './perform.ts';

/** What a product says about its forms. */
export interface ProductForms extends Pick<JobForms, 'document'> {
  readonly dialect: DialectName;
  readonly names: ClientNames;
  readonly forms: readonly OperationForm[];
  filled(operation: string, template: Template): FormValues | null;
  /** Ids in an answer. */
  idsOf(operation: string, reply: Reply, values: FormValues): Omit<FormAnswer, 'body'>;
}

/** Most characters of all values together: what a form of a request may hold. */
const maxChars = 4 * 1024 * 1024;

/** Makes the forms of a product that this family serves. */
export function createAliyunForms<S>(
  product: Product<S>,
  family: AliyunFamily,
  described: ProductForms,
): JobForms {
  const { dialect, forms, names } = described;
  const formOf = (operation: string): OperationForm => {
    const form = forms.find((one) => one.operation === operation);
    if (form === undefined) throw new Error(`${dialect} has no form for ${operation}`);
    return form;
  };
  const operationOf = (operation: string): Operation<S> => {
    const known = product.operations.find(({ name }) => name === formOf(operation).operation);
    if (known === undefined) throw new Error(`${dialect} has no operation ${operation}`);
    return known;
  };
  const shownOperation = (operation: string): ShownOperation => {
    const { name, method, path } = operationOf(operation);
    const { version, rpcOnly = false } = product;
    return { name, version, method, path, style: rpcOnly ? 'RPC' : 'ROA' };
  };
  return {
    dialect,
    forms,
    document: (template: Template) => described.document(template),
    initial: async () => ({}),
    filled: async (operation, template) => described.filled(operation, template),
    requests: (operation, values, server) => {
      const schema = formOf(operation).schema();
      return aliyunRequests(dialect, shownOperation(operation), schema, values, server, names);
    },
    async invoke(operation, values, caller) {
      const endpoint = bindOperation(product, operationOf(operation));
      const reply = await asked(endpoint, values, caller, family);
      const body = { ...(reply.data === undefined ? {} : { Data: reply.data }), ...reply.top };
      return { body, ...described.idsOf(operation, reply, values) };
    },
  };
}

async function asked(
  endpoint: Endpoint,
  values: FormValues,
  { user, keyId, sourceIp }: FormCaller,
  family: AliyunFamily,
): Promise<Reply> {
  const { requestId } = family.nextIds();
  try {
    return await perform(
      endpoint,
      // What came by the console is not known to be TLS all the way.
      { user, keyId: keyId ?? '', temporary: false, sourceIp, secure: false },
      { params: parametersOf(values), requestId, host: '' },
      family,
    );
  } catch (error) {
    if (error instanceof WireError) throw refusalOf(error);
    if (error instanceof DomainError) throw refusalOf(endpoint.toWireError(error));
    throw error;
  }
}

function refusalOf({ status, code, message }: WireError): FormRefusal {
  return new FormRefusal(status, code, message);
}

/** What was filled in as parameters; what is absent stays absent, empty texts are sent. */
function parametersOf(values: FormValues): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  let chars = 0;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    const text = parameterText(value);
    chars += name.length + text.length;
    if (chars > maxChars) throw new FormRefusal(413, 'too-large', 'the form holds too much');
    params.set(name, text);
  }
  return params;
}

import { DomainError } from '../../domain/errors.ts';
import type { Template } from '../../domain/template.ts';
import type { Engine } from '../../engine/index.ts';
import { nearest } from './nearest.ts';

/** Templates looked through for a name, and for the nearest name when there is none. */
const nameSearchLimit = 500;

async function candidates(engine: Engine, reference: string): Promise<readonly Template[]> {
  const byId = await engine.templates.get(reference);
  if (byId !== null) {
    return [byId];
  }
  const { rows } = await engine.templates.list({
    nameContains: reference,
    offset: 0,
    limit: nameSearchLimit,
  });
  return rows.filter(({ name }) => name === reference);
}

/** The template with this id, or the only one with this name; null when there is not exactly one. */
export async function templateNamed(engine: Engine, reference: string): Promise<Template | null> {
  const found = await candidates(engine, reference);
  return found.length === 1 ? (found[0] ?? null) : null;
}

/**
 * Finds a template by id, or by its name when that names exactly one.
 * @throws DomainError `template-not-found` with the nearest name, `invalid-argument` when several
 *   templates have the name.
 */
export async function findTemplate(engine: Engine, reference: string): Promise<Template> {
  const found = await candidates(engine, reference);
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    return only;
  }
  if (found.length > 1) {
    const ids = found.map(({ id, dialect }) => `${id} (${dialect})`).join(', ');
    throw new DomainError(
      'invalid-argument',
      `${found.length} templates are called ${reference}; use an id: ${ids}`,
    );
  }
  const all = await engine.templates.list({ offset: 0, limit: nameSearchLimit });
  const meant = nearest(
    reference,
    all.rows.map(({ name }) => name),
  );
  const hint = meant === null ? '' : `; did you mean ${meant}?`;
  throw new DomainError(
    'template-not-found',
    `no template has the id or name ${reference}${hint}`,
    {
      template: reference,
    },
  );
}

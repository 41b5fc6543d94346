/** Registry of images that name none. */
export const defaultRegistry = 'docker.io';

/** An image's name in its parts. */
export interface ImageReference {
  /** Host with port; `docker.io` when the name has none. */
  readonly registry: string;
  /** Name without tag and digest, as it was written. */
  readonly name: string;
  /** Digest (`sha256:…`) or tag; `latest` when the name has neither. */
  readonly version: string;
}

/** Reads `[registry/]path[:tag][@digest]` as engines do. */
export function parseImage(image: string): ImageReference {
  const at = image.indexOf('@');
  const digest = at < 0 ? '' : image.slice(at + 1);
  const tagged = at < 0 ? image : image.slice(0, at);
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  const name = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? '' : tagged.slice(colon + 1);
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]/.test(first);
  return {
    registry: isHost ? first : defaultRegistry,
    name,
    version: digest || tag || 'latest',
  };
}

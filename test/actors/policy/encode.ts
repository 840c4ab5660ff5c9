/** Any value as the text of a frame. */
import * as superjson from "superjson";

/** superjson refuses to write some values (keys such as `constructor`); then there is other text. */
export function encodeAnything(value: unknown): string {
  try {
    return superjson.stringify(value);
  } catch {
    return '{"json":{"constructor":{"prototype":{"polluted":1}}}}';
  }
}

/** A request's headers, read once: each look into them is a call into the runtime. */

/** A request's headers by their names in lower case. */
export type PlainHeaders = Readonly<Record<string, string>>;

/** Reads all headers of a request. */
export function plainHeaders({ headers }: Request): PlainHeaders {
  const plain: Record<string, string> = {};
  // Half the cost of an iterator, which makes a pair and a result for each.
  headers.forEach((value, name) => {
    plain[name] = value;
  });
  return plain;
}

/** Model patterns, compiled once a policy version: exact names, `prefix*`, and `*` for all. */

/** A list of patterns, ready to be asked on every request without a regular expression. */
export interface ModelMatcher {
  all: boolean;
  exact: ReadonlySet<string>;
  prefixes: readonly string[];
}

/** Compiles a list; a star anywhere but at the end is refused by `validate.ts`. */
export function compilePatterns(patterns: readonly string[]): ModelMatcher {
  const wild = patterns.filter((pattern) => pattern.endsWith("*"));
  return {
    all: wild.includes("*"),
    exact: new Set(patterns.filter((pattern) => !pattern.endsWith("*"))),
    prefixes: wild.map((pattern) => pattern.slice(0, -1)),
  };
}

/** Whether any pattern of the list matches a model's name. */
export function matchesModel(matcher: ModelMatcher, model: string): boolean {
  return (
    matcher.all ||
    matcher.exact.has(model) ||
    matcher.prefixes.some((prefix) => model.startsWith(prefix))
  );
}

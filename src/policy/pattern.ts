/**
 * Patterns of names, compiled once a policy version: exact names, `prefix*`, `*` for all, and stars
 * anywhere else. No regular expression: whatever an admin writes, a match is one pass.
 */

/** A list of patterns, ready to be asked on every request. */
export interface ModelMatcher {
  all: boolean;
  exact: ReadonlySet<string>;
  prefixes: readonly string[];
  /** Patterns with a star before their end, cut at their stars. */
  globs: readonly (readonly string[])[];
}

/** Compiles a list. */
export function compilePatterns(patterns: readonly string[]): ModelMatcher {
  const exact = new Set<string>();
  const prefixes: string[] = [];
  const globs: string[][] = [];
  for (const pattern of patterns) {
    const star = pattern.indexOf("*");
    if (star === -1) exact.add(pattern);
    else if (star === pattern.length - 1) prefixes.push(pattern.slice(0, -1));
    else globs.push(pattern.split("*"));
  }
  return { all: patterns.includes("*"), exact, prefixes, globs };
}

/** Whether any pattern of the list matches a name. */
export function matchesModel(matcher: ModelMatcher, model: string): boolean {
  return (
    matcher.all ||
    matcher.exact.has(model) ||
    matcher.prefixes.some((prefix) => model.startsWith(prefix)) ||
    matcher.globs.some((parts) => matchesGlob(parts, model))
  );
}

/** The first part begins the name, the last ends it, those between are found one after another. */
function matchesGlob(parts: readonly string[], name: string): boolean {
  const [first = ""] = parts;
  const last = parts.at(-1) ?? "";
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - at >= last.length && name.endsWith(last);
}

/**
 * What changed between two policy documents, by path, for people: lists whose entries have a name
 * (`limits`, `budgets`, `dlp.rules`) are compared by name, so that an entry that moved is no change.
 */
import { canonicalJson } from "#events/canonical.ts";

/** One changed place. Without `before` it was added, without `after` removed. */
export interface PolicyChange {
  /** As in `limits.rpm.limit` or `tiers.standard.candidates[0].model`. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** Lists the differences from `a` to `b`, in the order of `a`, then what only `b` has. */
export function diffPolicies(a: unknown, b: unknown): PolicyChange[] {
  const changes: PolicyChange[] = [];
  compare("", a, b, changes);
  return changes;
}

function compare(path: string, a: unknown, b: unknown, changes: PolicyChange[]): void {
  const left = branchesOf(a);
  const right = branchesOf(b);
  if (left === undefined || right === undefined) {
    if (a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b))) {
      return;
    }
    changes.push({
      path: path === "" ? "." : path,
      ...(a === undefined ? {} : { before: a }),
      ...(b === undefined ? {} : { after: b }),
    });
    return;
  }
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const step = key.startsWith("[") || path === "" ? key : `.${key}`;
    compare(`${path}${step}`, left.get(key), right.get(key), changes);
  }
}

/** The children of an object or list; undefined for a plain value and for a list of plain values. */
function branchesOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return branchesOfList(value as unknown[]);
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value).filter(([, child]) => child !== undefined));
}

function branchesOfList(list: readonly unknown[]): Map<string, unknown> | undefined {
  if (!list.every((entry) => typeof entry === "object" && entry !== null)) return undefined;
  const names = list.map(entryName);
  const named = names.every((name) => name !== undefined) && new Set(names).size === names.length;
  return new Map(list.map((entry, index) => [named ? names[index]! : `[${index}]`, entry]));
}

/** What people call a list's entry: its `name` or `id`. */
export function entryName(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { name, id } = entry as { name?: unknown; id?: unknown };
  if (typeof name === "string") return name;
  return typeof id === "string" ? id : undefined;
}

/**
 * Conditions of Cloudflare's dynamic routes, written like MongoDB's queries, as what a policy's
 * routes look at. Pure.
 */

type Match = (string | number | boolean)[] | Record<string, number | boolean>;

/** The part of a route's `when` that conditions can say. */
export interface CarriedWhen {
  models?: string[];
  metadata?: Record<string, Match>;
  headers?: Record<string, Match>;
  stream?: boolean;
  share?: { from: number; to: number; draw?: string };
}

/** A condition: any of the alternatives, or with `negated` none of them. */
export interface CarriedCondition {
  alternatives: CarriedWhen[];
  negated: boolean;
  /** Why it cannot be said here; there are no alternatives then. */
  problem?: string;
}

/** Thrown inside and caught at the door: what a policy's routes have no word for. */
class Unsaid extends Error {}

const alternativesMax = 32;

const OPPOSITES: Readonly<Record<string, string>> = { $ne: "$eq", $nin: "$in" };
const RANGES: Readonly<Record<string, string>> = {
  $gt: "above",
  $gte: "atLeast",
  $lt: "below",
  $lte: "atMost",
};

/** Reads a condition. */
export function carryCondition(condition: unknown): CarriedCondition {
  try {
    const positive = positiveOf(condition);
    return positive === undefined
      ? { alternatives: alternativesOf(condition), negated: false }
      : { alternatives: alternativesOf(positive), negated: true };
  } catch (error) {
    if (!(error instanceof Unsaid)) throw error;
    return { alternatives: [], negated: false, problem: error.message };
  }
}

/** Both conditions at once; `undefined` where nothing can meet both. */
export function narrowWhen(before: CarriedWhen, more: CarriedWhen): CarriedWhen | undefined {
  const after = { ...before };
  for (const part of ["metadata", "headers"] as const) {
    for (const [field, match] of Object.entries(more[part] ?? {})) {
      const both = meet(after[part]?.[field], match);
      if (both === undefined) return undefined;
      after[part] = { ...after[part], [field]: both };
    }
  }
  if (more.stream !== undefined) {
    if (before.stream !== undefined && before.stream !== more.stream) return undefined;
    after.stream = more.stream;
  }
  return after;
}

/** What both matches take. */
function meet(one: Match | undefined, other: Match): Match | undefined {
  if (one === undefined) return other;
  if (Array.isArray(one) && Array.isArray(other)) {
    const texts = new Set(other.map(String));
    const both = one.filter((value) => texts.has(String(value)));
    return both.length === 0 ? undefined : both;
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    const [list, range] = Array.isArray(one) ? [one, other] : [other as typeof one, one];
    const fits = (list as (string | number | boolean)[]).filter((value) =>
      inRange(Number(value), range as Record<string, number | boolean>),
    );
    return fits.length === 0 ? undefined : fits;
  }
  return meetRanges(one, other);
}

/** The narrower bound of each kind. */
function meetRanges(
  one: Record<string, number | boolean>,
  other: Record<string, number | boolean>,
): Match | undefined {
  const both = { ...one, ...other };
  for (const [bound, value] of Object.entries(one)) {
    const second = other[bound];
    if (second === undefined || second === value) continue;
    if (typeof value === "boolean" || typeof second === "boolean") return undefined;
    const isFloor = bound === "above" || bound === "atLeast";
    both[bound] = isFloor ? Math.max(value, second) : Math.min(value, second);
  }
  return both;
}

function inRange(value: number, range: Record<string, number | boolean>): boolean {
  const { above, atLeast, below, atMost, present } = range;
  if (present === false) return false;
  return (
    (above === undefined || value > Number(above)) &&
    (atLeast === undefined || value >= Number(atLeast)) &&
    (below === undefined || value < Number(below)) &&
    (atMost === undefined || value <= Number(atMost))
  );
}

/** What a condition denies, where it is a denial as a whole. */
function positiveOf(condition: unknown): unknown {
  const entries = Object.entries(objectOf(condition));
  const [[field, test] = []] = entries;
  if (entries.length !== 1 || field === undefined) return undefined;
  if (field === "$nor") return { $or: test };
  if (field === "$not") return test;
  const tests = typeof test === "object" && test !== null ? Object.entries(test) : [];
  const [only] = tests as (readonly [string, unknown])[];
  if (tests.length !== 1 || only === undefined) return undefined;
  const [operator, value] = only;
  if (operator === "$not") return { [field]: value };
  const opposite = Object.hasOwn(OPPOSITES, operator) ? OPPOSITES[operator] : undefined;
  return opposite === undefined ? undefined : { [field]: { [opposite]: value } };
}

/** The ways to meet a condition. */
function alternativesOf(condition: unknown): CarriedWhen[] {
  let ways: CarriedWhen[] = [{}];
  for (const [field, test] of Object.entries(objectOf(condition))) {
    const added = field.startsWith("$") ? groupOf(field, test) : [fieldOf(field, test)];
    ways = ways.flatMap((way) => added.flatMap((more) => narrowWhen(way, more) ?? []));
    if (ways.length > alternativesMax) throw new Unsaid("its condition has too many alternatives");
  }
  return ways;
}

function groupOf(operator: string, list: unknown): CarriedWhen[] {
  if (!Array.isArray(list)) throw new Unsaid(`"${operator}" without a list is not understood`);
  if (operator === "$or") return list.flatMap(alternativesOf);
  if (operator !== "$and") throw new Unsaid(`"${operator}" cannot be said here`);
  return list.reduce<CarriedWhen[]>(
    (ways, one) =>
      ways.flatMap((way) => alternativesOf(one).flatMap((more) => narrowWhen(way, more) ?? [])),
    [{}],
  );
}

/** One field: of metadata, of headers, or whether a stream is asked for. */
function fieldOf(field: string, test: unknown): CarriedWhen {
  const [, where = "", name = ""] =
    /^(?:request\.)?(metadata|headers?|body)\.(.+)$/.exec(field) ?? [];
  const match = matchOf(field, test);
  if (where === "metadata") return { metadata: { [name]: match } };
  if (where.startsWith("header")) return { headers: { [name.toLowerCase()]: match } };
  const [value, ...rest] = Array.isArray(match) ? match : [];
  if (where === "body" && name === "stream" && rest.length === 0 && typeof value === "boolean") {
    return { stream: value };
  }
  throw new Unsaid(`a condition on "${field}" cannot be said here`);
}

function matchOf(field: string, test: unknown): Match {
  if (isScalar(test)) return [plain(field, test)];
  const range: Record<string, number | boolean> = {};
  let list: Match | undefined;
  for (const [operator, value] of Object.entries(objectOf(test))) {
    const bound = Object.hasOwn(RANGES, operator) ? RANGES[operator] : undefined;
    if (bound !== undefined && typeof value === "number") range[bound] = value;
    else if (operator === "$exists" && typeof value === "boolean") range["present"] = value;
    else if (operator === "$eq" && isScalar(value)) list = [plain(field, value)];
    else if (
      operator === "$in" &&
      Array.isArray(value) &&
      value.length > 0 &&
      value.every(isScalar)
    ) {
      list = value.map((one) => plain(field, one));
    } else throw new Unsaid(`"${operator}" on "${field}" cannot be said here`);
  }
  if (list === undefined) return range;
  if (Object.keys(range).length > 0)
    throw new Unsaid(`two tests of "${field}" cannot be said here`);
  return list;
}

/** A star stands for anything in a policy, and for itself there. */
function plain(field: string, value: string | number | boolean): string | number | boolean {
  if (typeof value === "string" && value.includes("*")) {
    throw new Unsaid(`a star in a value of "${field}" cannot be said here`);
  }
  return value;
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function objectOf(value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Unsaid("its condition is not understood");
}

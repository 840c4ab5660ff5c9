/**
 * What a key may be used for, beside what its member may do: compiled once for each key that an
 * isolate remembers.
 *
 * Invariants: a scope only takes away; a list that is absent takes nothing away; a scope that cannot
 * be read lets nothing through.
 */
import { type KeyAccess, KeyScopeData, type Role } from "#events/policy-events.ts";
import { compileIpRanges } from "./ip-range.ts";
import { compilePatterns, matchesModel } from "./pattern.ts";

/** Why a key may not be used: the part of its scope, and a sentence that names it. */
export interface ScopeRefusal {
  part: keyof KeyScopeData | "scope";
  message: string;
}

/** A model call, as far as scopes look at it. */
export interface ScopedCall {
  model: string;
  /** The tier that serves. */
  tier: string;
  /** The route that took the request. */
  route: string | undefined;
  ip: string | undefined;
}

/** A compiled scope. */
export interface Scope {
  /** Whether the key may be used for this at all, from this address. */
  refusalOfUse(access: KeyAccess, ip: string | undefined): ScopeRefusal | undefined;
  /** Whether it may be used for this call. */
  refusalOfCall(call: ScopedCall): ScopeRefusal | undefined;
  /** Whether it may ask for a model. */
  allowsModel(model: string): boolean;
}

const compiled = new WeakMap<object, Scope>();

/** The scope of a principal's key; undefined where there is none. */
export function scopeOf({ scope }: { scope?: unknown }): Scope | undefined {
  if (scope === undefined) return undefined;
  if (typeof scope !== "object" || scope === null) return closed;
  let known = compiled.get(scope);
  if (known === undefined) {
    const parsed = KeyScopeData.safeParse(scope);
    known = parsed.success ? compileScope(parsed.data) : closed;
    compiled.set(scope, known);
  }
  return known;
}

/** The most that a member's role is worth with a key of theirs. */
export function roleUnder(role: Role, scope: KeyScopeData | undefined): Role {
  const { access } = scope ?? {};
  if (access === undefined || access.includes("admin") || role === "member") return role;
  return access.includes("audit") ? "auditor" : "member";
}

const unread: ScopeRefusal = {
  part: "scope",
  message:
    "This key's scope is of a kind that this gateway does not know, so the key opens nothing. Ask an admin for a new key.",
};

/** What lets nothing through. */
const closed: Scope = {
  refusalOfUse: () => unread,
  refusalOfCall: () => unread,
  allowsModel: () => false,
};

const uses: Record<KeyAccess, string> = {
  inference: "model calls",
  audit: "reading the record",
  admin: "administration",
};

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
const instead = "Ask an admin for a key with another scope.";

function compileScope({ models, tiers, routes, access, ips }: KeyScopeData): Scope {
  const modelMatcher = models === undefined ? undefined : compilePatterns(models);
  const isWithin = ips === undefined ? undefined : compileIpRanges(ips);
  const allowsModel = (model: string): boolean =>
    modelMatcher === undefined || matchesModel(modelMatcher, model);

  const refusalOfUse: Scope["refusalOfUse"] = (wanted, ip) => {
    const isFor = access === undefined || access.includes(wanted);
    // Who administers reads what they administer.
    if (!isFor && !(wanted === "audit" && access.includes("admin"))) {
      const may = access.map((one) => uses[one]).join(" and ");
      const message = `This key's scope is ${may}; this is ${uses[wanted]}. ${instead}`;
      return { part: "access", message };
    }
    if (isWithin === undefined || (ip !== undefined && isWithin(ip))) return undefined;
    const from = ip === undefined ? "an address that is not known" : ip;
    const message = `This key's scope is the addresses ${listed(ips ?? [])}; this came from ${from}. ${instead}`;
    return { part: "ips", message };
  };

  const refusalOfCall: Scope["refusalOfCall"] = ({ model, tier, route, ip }) => {
    const use = refusalOfUse("inference", ip);
    if (use !== undefined) return use;
    if (!allowsModel(model)) {
      const message = `This key's scope is the models ${listed(models ?? [])}; "${model}" is none of them. ${instead}`;
      return { part: "models", message };
    }
    if (tiers !== undefined && !tiers.includes(tier)) {
      const message = `This key's scope is the tiers ${listed(tiers)}; this would be served by "${tier}". ${instead}`;
      return { part: "tiers", message };
    }
    if (routes === undefined || (route !== undefined && routes.includes(route))) return undefined;
    const taken = route === undefined ? "no route takes this request" : `this goes to "${route}"`;
    const message = `This key's scope is the routes ${listed(routes)}; ${taken}. ${instead}`;
    return { part: "routes", message };
  };

  return { refusalOfUse, refusalOfCall, allowsModel };
}

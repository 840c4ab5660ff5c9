/** What is wrong with a deployment, from what it answered: pure, so that each fault can be planted. */
import type { ArchiveStatus, LedgerFault } from "#actors/ledger/api.ts";
import type { SinkStatus } from "#actors/ledger/sinks/report.ts";

export interface Finding {
  check: string;
  state: "ok" | "warn" | "fail" | "skip";
  message: string;
}

/** What `GET /admin/diagnosis` answers. */
export interface Diagnosis {
  at: number;
  policyVersion: number;
  providers: {
    name: string;
    kind: string;
    secret: string;
    needed: boolean;
    set: boolean;
    /** Whether it begins as JSON and is none. */
    broken?: boolean;
    /** The binding that leads to it, and whether the deployment has it. */
    binding?: string;
    bound?: boolean;
  }[];
  signingKey: boolean;
  development: string[];
  /** Settings that are there and cannot be read, and why; a gateway before this check has none. */
  settings?: { name: string; problem: string }[];
}

/** An answer, or why there is none. */
export type Answered<T> = { value: T } | { refused: string };

/** What a deployment answered. */
export interface Facts {
  url: string;
  roundTripMs: number;
  /** The version of this command line. */
  ownVersion: string;
  version: Answered<string>;
  who: Answered<{ organisation: string; member: string; role: string }>;
  /** `askedAt` is half way between question and answer, by the clock of this machine. */
  diagnosis: Answered<Diagnosis & { askedAt: number }>;
  models: Answered<number>;
  keys: Answered<number>;
  archive: Answered<(ArchiveStatus & { shard: string })[]>;
  faults: Answered<LedgerFault[]>;
  sinks: Answered<Pick<SinkStatus, "sink" | "trouble" | "deadLetters">[]>;
  console: Answered<boolean>;
}

const skewWarnMs = 2_000;
const skewFailMs = 60_000;
/** Archiving waits a while for company; more than this is a backlog. */
const waitingWarn = 50_000;

type Check = (facts: Facts) => Omit<Finding, "check">;

const ok = (message: string) => ({ state: "ok" as const, message });
const warn = (message: string) => ({ state: "warn" as const, message });
const fail = (message: string) => ({ state: "fail" as const, message });

/** Judges a value that is there; one that is not is skipped with the reason. */
function judge<T>(answer: Answered<T>, verdict: (value: T) => ReturnType<Check>) {
  if ("value" in answer) return verdict(answer.value);
  return { state: "skip" as const, message: answer.refused };
}

const isLocal = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

/** In the order in which one would mend them. */
const checks: Record<string, Check> = {
  reachable: ({ url, roundTripMs }) =>
    url.startsWith("https:") || isLocal(url)
      ? ok(`${url} answered in ${roundTripMs} ms`)
      : warn(`${url} is reached in clear: keys can be read on the way. Use https.`),
  version: ({ version, ownVersion }) =>
    judge(version, (theirs) =>
      theirs === ownVersion
        ? ok(theirs)
        : warn(`the gateway is ${theirs}, this command line ${ownVersion}: deploy, or update.`),
    ),
  key: ({ who }) =>
    "value" in who
      ? ok(`${who.value.member} of ${who.value.organisation}, ${who.value.role}`)
      : fail(who.refused),
  clock: ({ diagnosis, roundTripMs }) =>
    judge(diagnosis, ({ at, askedAt }) => {
      const skewMs = Math.max(Math.abs(at - askedAt) - roundTripMs / 2, 0);
      const seconds = (skewMs / 1000).toFixed(1);
      if (skewMs < skewWarnMs) return ok("as this machine's");
      const text = `${seconds} s from this machine's: set the clock that is wrong.`;
      return skewMs < skewFailMs ? warn(text) : fail(text);
    }),
  development: ({ diagnosis, url }) =>
    judge(diagnosis, ({ development }) => {
      if (development.length === 0) return ok("no development values");
      const names = development.join(", ");
      return isLocal(url)
        ? ok(`${names}: right on this machine only`)
        : fail(`has ${names}: npx wrangler secret delete each.`);
    }),
  settings: ({ diagnosis }) =>
    judge(diagnosis, ({ settings = [] }) =>
      settings.length === 0
        ? ok("can be read")
        : fail(
            `${settings.map(({ name, problem }) => `${name}: ${problem}`).join("; ")}. Set each right and deploy again.`,
          ),
    ),
  secrets: ({ diagnosis }) =>
    judge(diagnosis, ({ providers }) => {
      const broken = providers.filter((provider) => provider.broken === true);
      if (broken.length > 0) {
        const all = broken.map(({ name, secret }) => `${secret} (${name})`).join(", ");
        return fail(`no JSON, though it begins as such: ${all}. npx wrangler secret put each.`);
      }
      const unbound = providers.filter(({ bound }) => bound === false);
      if (unbound.length > 0) {
        const all = unbound.map(({ name, binding }) => `${binding} (${name})`).join(", ");
        return fail(`not bound: ${all}. Add each to wrangler.toml and deploy again.`);
      }
      const missing = providers.filter(({ needed, set }) => needed && !set);
      if (missing.length === 0) return ok(`${providers.length} providers have what they need`);
      const names = missing.map(({ name, secret }) => `${secret} (${name})`).join(", ");
      return fail(`missing: ${names}. npx wrangler secret put each.`);
    }),
  policy: ({ diagnosis, models }) =>
    judge(models, (count) => {
      const version = "value" in diagnosis ? `version ${diagnosis.value.policyVersion}, ` : "";
      return count > 0
        ? ok(`${version}${count} models for this key`)
        : warn(`${version}no model that this key could be told of: see its tier's candidates.`);
    }),
  "signing key": ({ keys }) =>
    judge(keys, (count) =>
      count > 0
        ? ok("published")
        : fail(
            "none: set TALLYGATE_SIGNING_KEY (openssl rand -base64 32), or nothing is archived.",
          ),
    ),
  archive: ({ archive }) =>
    judge(archive, (shards) => {
      const sick = shards.find(({ trouble }) => trouble !== undefined);
      if (sick !== undefined) return fail(`${sick.shard}: ${sick.trouble}`);
      const sum = (of: (one: ArchiveStatus) => number): number =>
        shards.reduce((total, shard) => total + of(shard), 0);
      const waiting = sum(({ events, archived }) => events - archived);
      const text = `${sum(({ segments }) => segments)} segments, ${waiting} events wait`;
      return waiting > waitingWarn ? warn(`${text}: more than usual.`) : ok(text);
    }),
  faults: ({ faults }) =>
    judge(faults, (list) => {
      const [first] = list;
      if (first === undefined) return ok("none");
      const { kind, stream, seq, message } = first;
      return fail(`${list.length}; the first: ${kind} in ${stream} at ${seq}, ${message}`);
    }),
  sinks: ({ sinks }) =>
    judge(sinks, (lanes) => {
      const sick = lanes.find(({ trouble }) => trouble !== undefined);
      if (sick !== undefined) return fail(`${sick.sink}: ${sick.trouble}`);
      const refused = lanes.find(({ deadLetters }) => deadLetters > 0);
      const names = new Set(lanes.map(({ sink }) => sink)).size;
      return refused === undefined
        ? ok(names === 0 ? "none" : `${names} take what they are sent`)
        : warn(
            `${refused.sink} refused ${refused.deadLetters} events: GET /audit/sinks/${encodeURIComponent(refused.sink)}/letters names them.`,
          );
    }),
  console: ({ console }) =>
    judge(console, (served) =>
      served ? ok("served") : warn("not served: build it (npm run build:console) and deploy."),
    ),
};

/** Every check's finding. Without a key that is taken, what is skipped for it is said once. */
export function examine(facts: Facts): Finding[] {
  return Object.entries(checks).map(([check, look]) => {
    const finding = look(facts);
    const isMute = "refused" in facts.who && finding.state === "skip";
    return { check, ...finding, ...(isMute ? { message: "needs a key that is taken" } : {}) };
  });
}

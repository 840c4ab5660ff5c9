/** What leaves the gateway: only what is listed, and what is personal only where the policy says so. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue } from "#events/catalogue.ts";
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import type { Sink } from "#policy/sinks.ts";
import { tellEvent } from "#projections/out/told.ts";
import { topicsOf } from "#projections/out/topics.ts";

type Tell = Sink["tell"];

const folder = path.resolve(import.meta.dirname, "../../golden/events");
const events = readdirSync(folder).map((file) => {
  const sealed = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as SealedEvent;
  return { file, event: unseal(sealed) };
});
const pseudonym = (): string => "u_pseudonym";
const tell = (event: EventEnvelope, tell: Tell = []): string =>
  JSON.stringify(tellEvent(event, { tell, pseudonym }));

/** The event with every text of these fields, anywhere below its data, made recognisable. */
function marked(event: EventEnvelope, names: ReadonlySet<string>): EventEnvelope {
  const mark = (value: unknown, name: string): unknown => {
    if (typeof value === "string") return names.has(name) ? `MARK ${value}` : value;
    if (Array.isArray(value)) return value.map((one) => mark(one, name));
    // A route's name is the policy's, as are those of models and budgets.
    if (typeof value !== "object" || value === null || name === "route") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, mark(child, names.has(name) ? name : key)]),
    );
  };
  const { cause, data } = event;
  return {
    ...event,
    cause: { ...cause, ...(cause.member === undefined ? {} : { member: `MARK ${cause.member}` }) },
    data: mark(data, "") as object,
  };
}

const always = ["secretHash", "document", "patternCosts", "promptHash", "answerHash", "limits"];
/** Whose `reason` is one of ours, not a text that somebody wrote. */
const plainReasons: ReadonlySet<string> = new Set(["RequestReleased", "LeaseDenied", "RateDenied"]);
const personal = ["member", "name", "ip", "userAgent", "metadata", "resource", "tags", "label"];
const free = ["comment", "reason", "message"];

describe.each(events)("of $file", ({ event }) => {
  it("no secret, rule or hash of a text goes out, whatever a sink may be told", () => {
    const all: Tell = ["members", "addresses", "metadata"];
    const told = tellEvent(marked(event, new Set(always)), { tell: all, pseudonym });
    expect(JSON.stringify(told.data)).not.toContain("MARK");
  });

  it("nothing personal goes out unless the sink is told so", () => {
    const names = [...personal, ...free];
    const asked = names.filter((name) => name !== "reason" || !plainReasons.has(event.type));
    expect(tell(marked(event, new Set(asked)))).not.toContain("MARK");
  });

  it("a field that nobody listed stays here", () => {
    const added = { ...event, data: { ...event.data, brandNew: "MARK" } };
    expect(tell(added, ["members", "addresses", "metadata"])).not.toContain("MARK");
  });

  it("it has an id that is the same every time, and a topic", () => {
    const { id } = JSON.parse(tell(event)) as { id: string };
    expect(id).toBe(`${event.stream}/${event.epoch}/${event.seq}`);
    expect(topicsOf(event).length).toBeGreaterThan(0);
  });
});

const rules = "limits budgets shared sharedLimits";
const texts = "promptHash shadow";
/** What no sink is told of an event: rules and whom they count, hashes and places of texts, secrets. */
const kept: Record<string, string> = {
  RequestAdmitted: `${rules} ${texts}`,
  RequestRefused: `${rules} ${texts} scope`,
  RequestSettled: "answerHash payload tokens shadow",
  ExpiryCorrected: "answerHash payload tokens shadow",
  LeaseOpened: "picks",
  RateLeased: "limit",
  RateDenied: "limit",
  RatePermitted: "rate moments",
  RulePastCounted: "limit moments budget",
  RulePastAwaited: "limit budget",
  KeyIssued: "secretHash scope",
  PolicyPublished: "document patternCosts",
  PolicyProposed: "document",
  ShadowStarted: "document",
  StreamForked: "setAside",
};

it.each(catalogue.map(({ type, schema }) => ({ type, schema })))(
  "every field of $type is told, or kept on purpose",
  ({ type, schema }) => {
    const { data } = (schema as unknown as { shape: { data: { shape: object } } }).shape;
    const names = Object.keys(data.shape);
    const [first] = events;
    const event = { ...(first?.event as EventEnvelope), type };
    const given = Object.fromEntries(names.map((name) => [name, name]));
    const all: Tell = ["members", "addresses", "metadata"];
    const told = tellEvent({ ...event, data: given }, { tell: all, pseudonym });
    const left = names.filter((name) => !Object.hasOwn(told.data, name));
    expect(left.sort()).toEqual((kept[type]?.split(" ") ?? []).sort());
  },
);

const named = (type: string, data: object): EventEnvelope => ({
  ...(events[0]?.event as EventEnvelope),
  type,
  data,
});

it("whose own budget it is goes out under a pseudonym, where several actors share it", () => {
  const scope = "member:alice/key:k1";
  for (const event of [
    named("BudgetThresholdCrossed", { lease: { budget: "own", scope } }),
    named("BudgetLimitSet", { budget: "own", scope }),
  ]) {
    expect(tell(event)).toContain('"scope":"member:u_pseudonym"');
    expect(tell(event, ["members"])).toContain(`"scope":"${scope}"`);
  }
  const ofTeam = named("BudgetThresholdCrossed", { lease: { budget: "team", scope: "team:red" } });
  expect(tell(ofTeam)).toContain('"scope":"team:red"');
});

it("credit and permits that move are no news for who asked for the policy's", () => {
  for (const type of ["RateLeased", "RateDenied", "RatePermitted", "LeaseGranted"]) {
    expect(topicsOf({ type, data: {} })).toEqual(["budgets"]);
  }
  expect(topicsOf({ type: "PayloadLost", data: {} })).toEqual(["requests", "errors"]);
});

it("a type that this code does not know is told by name alone", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const [first] = events;
      const event = {
        ...(first?.event as EventEnvelope),
        type: "NotThoughtOfYet",
        data: { value },
      };
      const { data, type } = JSON.parse(tell(event)) as { data: object; type: string };
      expect(type).toBe("NotThoughtOfYet");
      expect(data).toEqual({});
    }),
    { numRuns: 50 },
  );
});

it("members go out in clear only to a sink that is told members", () => {
  const access = events.find(({ event }) => event.type === "AccessRecorded")?.event;
  const { member } = (access as EventEnvelope).data as { member: string };
  expect(tell(access as EventEnvelope)).toContain("u_pseudonym");
  expect(tell(access as EventEnvelope, ["members"])).toContain(`"${member}"`);
  expect(catalogue.length).toBeGreaterThan(30);
});

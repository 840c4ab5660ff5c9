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
    if (typeof value !== "object" || value === null) return value;
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
const plainReasons: ReadonlySet<string> = new Set(["RequestReleased", "LeaseDenied"]);
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

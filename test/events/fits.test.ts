/** What surely fits is what the schema accepts, and of what there is nearly all is sure. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { catalogue, lookUpEvent } from "#events/catalogue.ts";
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { fitsOf } from "#events/fits.ts";

const folder = path.join(import.meta.dirname, "../golden/events");
const golden: EventEnvelope[] = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => unseal(JSON.parse(readFileSync(path.join(folder, name), "utf8")) as SealedEvent));

const accepts = ({ type, v, data }: EventEnvelope): boolean =>
  lookUpEvent(type, v)?.schema.safeParse({ type, v, data }).success === true;
const fits = ({ type, v, data }: EventEnvelope): boolean =>
  lookUpEvent(type, v)?.fits(data) === true;

test("every event of a call is sure, and no golden event is sure that its schema refuses", () => {
  expect(catalogue.length).toBeGreaterThan(0);
  for (const event of golden) if (fits(event)) expect(accepts(event)).toBe(true);
  const calls = golden.filter(({ type }) => /^Request(?:Admitted|Settled|Refused)$/.test(type));
  expect(calls.length).toBeGreaterThan(2);
  expect(calls.filter((event) => !fits(event))).toEqual([]);
});

/** Changes one value somewhere in an event's data, or takes it away, or adds one. */
function broken(data: unknown, path: readonly number[], to: unknown): void {
  let at = data as Record<string, unknown>;
  for (const step of path) {
    const names = Object.keys(at);
    const name = names[step % (names.length + 1)] ?? "new";
    const next = at[name];
    if (typeof next === "object" && next !== null && step % 3 > 0) {
      at = next as Record<string, unknown>;
      continue;
    }
    if (to === undefined) delete at[name];
    else at[name] = to;
    return;
  }
}

test("whatever is changed in an event, what still fits is still accepted", () => {
  const values = fc.constantFrom(undefined, null, -1, 1.5, 2 ** 60, "x", "", true, [], {}, [1], {
    a: 1,
  });
  fc.assert(
    fc.property(
      fc.nat(golden.length - 1),
      fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }),
      values,
      (index, path, to) => {
        const event = structuredClone(golden[index] as EventEnvelope);
        broken(event.data, path, to);
        if (fits(event)) expect(accepts(event)).toBe(true);
      },
    ),
    { seed: 20_261_122, numRuns: 3_000 },
  );
});

test("bounds are kept, and what is not understood is never sure", () => {
  const bounded = fitsOf(
    z.strictObject({ n: z.number().gt(0).max(2), s: z.string().min(1).max(2) }),
  );
  expect(bounded({ n: 2, s: "ab" })).toBe(true);
  for (const value of [
    { n: 0, s: "a" },
    { n: 3, s: "a" },
    { n: 1, s: "" },
    { n: 1, s: "abc" },
  ]) {
    expect(bounded(value)).toBe(false);
  }
  for (const schema of [
    z.string().regex(/./),
    z.email(),
    z.object({}),
    z.string().refine(Boolean),
  ]) {
    expect(fitsOf(schema)("a@example.com")).toBe(false);
  }
});

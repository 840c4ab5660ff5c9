/** The runner: a row is written once, and an event that cannot be folded leaves no trace. */
import { expect, test } from "vitest";
import type { EventEnvelope } from "#events/envelope.ts";
import { Workbench } from "#projections/fold-batch.ts";
import { admitted, requestId, MORNING, SampleStream, settled } from "../support/sample-events.ts";

test("however many events touch a row, it is written once", () => {
  const stream = new SampleStream();
  const workbench = new Workbench(() => undefined);
  for (let n = 0; n < 3; n += 1) {
    const id = requestId(MORNING, n);
    workbench.apply(stream.append(admitted({ requestId: id })));
    workbench.apply(stream.append(settled({ requestId: id })));
  }
  const tables = [...workbench.touched()].map(({ table }) => table.name);
  expect(tables.sort()).toEqual(["audit", "audit", "audit", "sums", "sumsByDay"]);
});

test("an event whose sums would not be exact changes nothing in any view", () => {
  const stream = new SampleStream();
  const workbench = new Workbench(() => undefined);
  const ids = [1, 2].map((n) => requestId(MORNING, n));
  for (const id of ids) workbench.apply(stream.append(admitted({ requestId: id })));
  const costNanos = Number.MAX_SAFE_INTEGER;
  const [first, second] = ids.map((id) => stream.append(settled({ requestId: id, costNanos })));
  workbench.apply(first as EventEnvelope);
  const rows = JSON.stringify([...workbench.touched()]);
  const entries = JSON.stringify(workbench.entries());
  expect(() => workbench.apply(second as EventEnvelope)).toThrow(RangeError);
  expect(JSON.stringify([...workbench.touched()])).toBe(rows);
  expect(JSON.stringify(workbench.entries())).toBe(entries);
});

test("a row that was only read is not written", () => {
  const stream = new SampleStream();
  const id = requestId(MORNING, 1);
  const before = new Workbench(() => undefined);
  before.apply(stream.append(admitted({ requestId: id })));
  const [stored] = [...before.touched()].map(({ row }) => row);
  const workbench = new Workbench((table) => (table.name === "audit" ? stored : undefined));
  const costNanos = Number.MAX_SAFE_INTEGER + 1;
  const broken = stream.append(settled({ requestId: id, costNanos }));
  expect(() => workbench.apply(broken)).toThrow(RangeError);
  expect([...workbench.touched()]).toEqual([]);
});

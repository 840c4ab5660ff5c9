/** The console's addresses, filters, periods and long lists. */
import { expect, test } from "vitest";
import * as fc from "fast-check";
import { pathOf, placeOf, pageNames, pagesFor } from "../../console/src/logic/address.ts";
import { checkChain, stretchesOf } from "../../console/src/logic/chain.ts";
import {
  filterFields,
  readFilter,
  withField,
  writeFilter,
} from "../../console/src/logic/filters.ts";
import { fillSteps, spanOf } from "../../console/src/logic/period.ts";
import { heldMax, RowList, rowsMax } from "../../console/src/logic/row-list.ts";
import { rowWindow } from "../../console/src/logic/row-window.ts";
import { EMPTY_HEAD, hashBody, seal, type SealedEvent } from "#events/envelope.ts";

const id = (n: number): string => String(n).padStart(12, "0");
const sha256 = async (text: string): Promise<string> => hashBody(text);

const faults = async (run: readonly SealedEvent[]) =>
  (await checkChain(run, sha256)).map(({ fault }) => fault !== undefined);

test("a chain's stretches hold every event once, the entry's own apart from those of others", () => {
  const events = [4, 5, 6, 7, 8, 9].map((seq) => ({ seq }));
  expect(stretchesOf(events, [4, 5, 8])).toEqual([
    { isOwn: true, first: 0, end: 2 },
    { isOwn: false, first: 2, end: 4 },
    { isOwn: true, first: 4, end: 5 },
    { isOwn: false, first: 5, end: 6 },
  ]);
  expect(stretchesOf([], [1])).toEqual([]);
});

test("every page has one address, and other addresses are no page", () => {
  for (const page of pageNames) {
    expect(placeOf(pathOf(page))).toEqual({ kind: "page", page, rest: undefined });
  }
  expect(placeOf(pathOf("requests", "a/b"))).toEqual({
    kind: "page",
    page: "requests",
    rest: "a/b",
  });
  expect(placeOf("/console/elsewhere").kind).toBe("nowhere");
  expect(placeOf("/session/link").kind).toBe("link");
  expect(pagesFor("member")).not.toContain("policy");
});

test("a filter survives the address bar, whatever its values are", () => {
  const fields = fc.dictionary(
    fc.constantFrom(...filterFields),
    fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((text) => text.trim() === text && text !== ""),
  );
  fc.assert(
    fc.property(fields, fc.option(fc.nat(), { nil: undefined }), (given, from) => {
      const filter = {
        fields: given,
        kind: "request" as const,
        ...(from === undefined ? {} : { from }),
      };
      expect(readFilter(`?${writeFilter(filter)}`)).toEqual(filter);
    }),
    { seed: 11, numRuns: 200 },
  );
});

test("what is no filter is left out of an address, and an emptied field goes away", () => {
  expect(readFilter("?kind=everything&from=soon&x=1&user=%20")).toEqual({ fields: {} });
  expect(withField({ fields: { user: "ada", team: "blue" } }, "user", "")).toEqual({
    fields: { team: "blue" },
  });
});

test("a period covers whole steps up to now, and quiet steps count as zero", () => {
  const now = Date.parse("2026-11-21T09:30:00Z");
  const span = spanOf({ name: "6h" }, now);
  expect(new Date(span.to).toISOString()).toBe("2026-11-21T10:00:00.000Z");
  const { times, values } = fillSteps(span, [{ time: "2026-11-21T09", value: 5 }]);
  expect(times).toHaveLength(6);
  expect(values).toEqual([0, 0, 0, 0, 0, 5]);
});

test("of a hundred thousand rows only those in view are drawn, and all can be reached", () => {
  const rows = 100_000;
  const view = { height: 600, rowHeight: 40, rows };
  const top = rowWindow({ ...view, scrollTop: 0 });
  expect([top.first, top.height]).toEqual([0, 4_000_000]);
  expect(top.end).toBeLessThan(30);
  const bottom = rowWindow({ ...view, scrollTop: 1e9 });
  expect(bottom.end).toBe(rows);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: rows * 40 }), (scrollTop) => {
      const { first, end } = rowWindow({ ...view, scrollTop });
      const last = Math.min(Math.floor((scrollTop + 599) / 40), rows - 1);
      const seen = Math.min(Math.floor(scrollTop / 40), rows - 15);
      expect(first <= seen && end > Math.min(last, rows - 1)).toBe(true);
      expect(end - first).toBeLessThan(40);
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("a list is newest first whatever order entries come in, and holds each once", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50 })), (numbers) => {
      const list = new RowList<{ id: string; turn: number }>();
      for (const [turn, n] of numbers.entries())
        list.live([{ id: String(n).padStart(3, "0"), turn }]);
      const ids = Array.from({ length: list.size }, (_, row) => list.at(row)?.id);
      expect(ids).toEqual(
        [...new Set(numbers)].sort((a, b) => b - a).map((n) => String(n).padStart(3, "0")),
      );
    }),
    { seed: 5, numRuns: 200 },
  );
});

test("an answer that was long on its way takes nothing back that was heard meanwhile", () => {
  type Told = { id: string; outcome: string; source: { epoch: number; seqs: number[] } };
  const admitted: Told = { id: "1", outcome: "admitted", source: { epoch: 1, seqs: [4] } };
  const completed: Told = { id: "1", outcome: "completed", source: { epoch: 1, seqs: [4, 6] } };
  const shown = (list: RowList<Told>) => list.at(0)?.outcome;
  const list = new RowList<Told>();
  for (const entry of [admitted, completed]) list.live([entry]);
  list.add([admitted]);
  expect(shown(list)).toBe("completed");
  // After a restore the numbers begin anew.
  list.add([{ id: "1", outcome: "restored", source: { epoch: 2, seqs: [2] } }]);
  expect(shown(list)).toBe("restored");
  const held = new RowList<Told>();
  held.isHeld = true;
  for (const entry of [completed, admitted]) held.live([entry]);
  held.isHeld = false;
  held.release();
  expect(shown(held)).toBe("completed");
});

test("a held list takes changes of what it shows, and shows what is new once it is let go", () => {
  const list = new RowList<{ id: string; outcome: string }>();
  list.add([{ id: "1", outcome: "admitted" }]);
  list.isHeld = true;
  list.live([
    { id: "1", outcome: "completed" },
    { id: "2", outcome: "admitted" },
    { id: "2", outcome: "completed" },
  ]);
  expect([list.size, list.waiting, list.at(0)?.outcome]).toEqual([1, 1, "completed"]);
  list.isHeld = false;
  list.release();
  expect([list.size, list.waiting, list.at(0)?.id]).toEqual([2, 0, "2"]);
});

test("pages go in front, whatever their order, and an entry that is known stays where it is", () => {
  const pages = fc.array(fc.array(fc.nat(300), { maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(pages, (all) => {
      const list = new RowList<{ id: string }>();
      for (const page of all) list.add(page.map((n) => ({ id: id(n) })));
      const rows = Array.from({ length: list.size }, (_, row) => list.at(row)?.id);
      expect(rows).toEqual([...new Set(all.flat())].sort((a, b) => b - a).map(id));
    }),
    { seed: 6, numRuns: 200 },
  );
});

test("a list that is followed for long keeps its newest, and what it holds back is bounded", () => {
  const list = new RowList<{ id: string }>();
  const flow = (from: number, count: number) =>
    list.live(Array.from({ length: count }, (_, n) => ({ id: id(from + n) })));
  flow(0, rowsMax + 4_999);
  expect([list.trim(), list.size]).toEqual([false, rowsMax + 4_999]);
  flow(rowsMax + 4_999, 1);
  expect([list.trim(), list.size]).toEqual([true, rowsMax]);
  expect([list.oldest, list.newest]).toEqual([id(5_000), id(rowsMax + 4_999)]);
  list.isHeld = true;
  flow(1_000_000, heldMax + 7);
  expect([list.size, list.waiting, list.hasLost]).toEqual([rowsMax, heldMax + 7, true]);
  list.clear();
  expect([list.size, list.waiting, list.hasLost]).toEqual([0, 0, false]);
});

test("a list knows whether what comes joins what it has", () => {
  const list = new RowList<{ id: string }>();
  list.add([{ id: "1" }]);
  list.isHeld = true;
  list.live([{ id: "3" }]);
  expect(
    [["1"], ["3", "4"], ["2", "4"]].map((ids) => list.overlaps(ids.map((id) => ({ id })))),
  ).toEqual([true, true, false]);
});

test("500 entries a second for a minute land in a list of 100,000 in well under that minute's work", () => {
  const list = new RowList<{ id: string }>();
  list.add(Array.from({ length: 100_000 }, (_, n) => ({ id: id(n) })));
  for (let n = 0; n < 30_000; n += 1) list.live([{ id: id(100_000 + (n ^ 3)) }]);
  expect(list.size).toBe(130_000);
  expect([list.at(0)?.id, list.oldest]).toEqual([id(129_999), id(0)]);
});

test("a chain that was altered, cut or reordered is seen at the event where it breaks", async () => {
  const events: SealedEvent[] = [];
  let head = EMPTY_HEAD;
  for (let n = 0; n < 4; n += 1) {
    const stream = { organisation: "acme", stream: "u_a" };
    const sealed = seal(head, stream, { type: "KeyFenced", v: 1, data: { keyId: `k${n}` } }, n, {
      command: "c",
    });
    head = { epoch: 1, seq: sealed.seq, hash: sealed.hash };
    events.push(sealed);
  }
  const [a, b, c, d] = events as [SealedEvent, SealedEvent, SealedEvent, SealedEvent];
  expect(await faults(events)).toEqual([false, false, false, false]);
  expect(await faults([a, { ...b, body: b.body.replace("k1", "k9") }, c])).toEqual([
    false,
    true,
    false,
  ]);
  expect(await faults([a, c, d])).toEqual([false, true, false]);
  expect(await faults([b, a])).toEqual([false, true]);
});

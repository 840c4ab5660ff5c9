/** What a request costs in rows: they are the ledger's bill. */
import { expect, test } from "vitest";
import { freshLedger, rowsWritten } from "../../support/ledgers.ts";
import {
  MORNING,
  SampleStream,
  admitted,
  requestId,
  settled,
} from "../../support/sample-events.ts";

/** Rows written by some batches of one stream, given that the ledger knows its organisation. */
async function rowsFor(stream: SampleStream, batches: readonly [number, number][]) {
  const ledger = freshLedger();
  const other = new SampleStream("u_other");
  other.request(999_999);
  await ledger.ingest(other.batch());
  const before = await rowsWritten(ledger);
  for (const [from, to] of batches) {
    expect((await ledger.ingest(stream.batch(from, to))).outcome).toBe("ok");
  }
  return (await rowsWritten(ledger)) - before;
}

test("a batch of 100 whole requests costs at most 1.1 rows a request", async () => {
  const stream = new SampleStream();
  for (let n = 0; n < 100; n += 1) stream.request(n);
  const rows = await rowsFor(stream, [[1, 200]]);
  // One row of the log and one of its index, one of sums by hour, one by day, and an entry for each request.
  expect(rows).toBe(104);
});

test("100 requests that are settled in a later batch cost at most 2.1 rows a request", async () => {
  const stream = new SampleStream();
  for (let n = 0; n < 100; n += 1) stream.append(admitted({ requestId: requestId(MORNING, n) }));
  for (let n = 0; n < 100; n += 1) stream.append(settled({ requestId: requestId(MORNING, n) }));
  const rows = await rowsFor(stream, [
    [1, 100],
    [101, 200],
  ]);
  expect(rows).toBeLessThanOrEqual(210);
});

test("a batch that the ledger has already costs no row", async () => {
  const stream = new SampleStream();
  stream.request(1);
  const rows = await rowsFor(stream, [[1, 2]]);
  expect(
    await rowsFor(stream, [
      [1, 2],
      [1, 2],
      [2, 2],
    ]),
  ).toBe(rows);
});

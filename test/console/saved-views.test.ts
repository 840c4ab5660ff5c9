/** Named filters, between what the API keeps and what an address has. */
import { expect, test } from "vitest";
import type { Filter } from "../../console/src/logic/filters.ts";
import { isShown, viewBody, viewFilter } from "../../console/src/logic/saved-views.ts";

const filter: Filter = {
  kind: "request",
  fields: { user: "alice", costNanosMin: "2500000", latencyMsMax: "90" },
  from: 10,
  to: 20,
};
const kept = { name: "dear", member: "admin", at: 1 };

test("a filter that was kept is the same again, its amounts as numbers in between", () => {
  const body = viewBody(filter, undefined);
  expect(body.filter).toEqual({
    kind: "request",
    user: "alice",
    costNanosMin: 2_500_000,
    latencyMsMax: 90,
    from: 10,
    to: 20,
  });
  const view = { ...kept, ...body };
  expect(viewFilter(view, 1_000)).toEqual(filter);
  expect(isShown(view, filter)).toBe(true);
  expect(isShown(view, { ...filter, to: 21 })).toBe(false);
  expect(isShown(view, { ...filter, fields: { user: "bob" } })).toBe(false);
});

test("a view that looks back does so from whenever it is opened", () => {
  const view = { ...kept, ...viewBody(filter, 600) };
  expect(view.filter).not.toHaveProperty("from");
  expect(viewFilter(view, 1_000)).toMatchObject({ from: 400, fields: filter.fields });
  expect(isShown(view, viewFilter(view, 5_000))).toBe(true);
  const { from: _from, to: _to, ...always } = filter;
  expect(isShown(view, always)).toBe(false);
});

/** The client's codes against the gateway's: callers switch over them, so none may be missing. */
import { expect, it } from "vitest";
import { GATEWAY_CODES as gateways } from "#edge/errors.ts";
import { GATEWAY_CODES as clients } from "../../client/src/errors.ts";

it("the client knows every code of the gateway, and no other", () => {
  expect(clients.toSorted()).toEqual(Object.keys(gateways).toSorted());
});

/**
 * The client's codes against the gateway's: callers switch over them, so none may be missing. And
 * what it says where nobody answers.
 */
import { expect, it } from "vitest";
import { GATEWAY_CODES as gateways } from "#edge/errors.ts";
import { GATEWAY_CODES as clients } from "../../client/src/errors.ts";
import { createGateway } from "../../client/src/gateway.ts";

it("the client knows every code of the gateway, and no other", () => {
  expect(clients.toSorted()).toEqual(Object.keys(gateways).toSorted());
});

/** What a call, whole or as a stream, fails with. */
async function failureOf(baseUrl: string, stream: boolean): Promise<unknown> {
  const gateway = createGateway({ baseUrl, apiKey: "tg_dev_x_y" });
  try {
    if (stream) for await (const event of gateway.stream("m", { prompt: "x" })) return event;
    else return await gateway.run("m", { prompt: "x" });
  } catch (error) {
    return error;
  }
  return undefined;
}

it.each([true, false])(
  "a gateway that nobody runs is named, without what its URL hides (streamed: %s)",
  async (stream) => {
    const failed = await failureOf("http://me:hunter2@127.0.0.1:1/", stream);
    expect(failed).toMatchObject({ name: "GatewayError", code: "network_error", retryable: true });
    expect((failed as Error).message).toBe(
      "The connection to http://127.0.0.1:1 failed: is tallygate running there?",
    );
  },
);

it.each(["gateway.example", "", "//"])(
  "an address that is none (%j) is said so, and is not worth another try",
  async (baseUrl) => {
    const failed = await failureOf(baseUrl, false);
    expect(failed).toMatchObject({ name: "GatewayError", code: "network_error", retryable: false });
    expect((failed as Error).message).toContain("is no address");
  },
);

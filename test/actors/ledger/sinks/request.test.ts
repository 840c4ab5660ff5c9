/** Each kind of sink gets what its own documentation asks for, and signatures that others can check. */
import { createHash, createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CourierBench } from "../../../support/courier.ts";
import {
  startScriptedSink,
  type Delivery,
  type ScriptedSink,
} from "../../../support/scripted-sink.ts";
import {
  MORNING,
  refused,
  requestId,
  SampleStream,
  settled,
} from "../../../support/sample-events.ts";

let sink: ScriptedSink;
beforeEach(async () => {
  sink = await startScriptedSink();
});
afterEach(() => sink.stop());

/** What one sink gets of a request, a refusal and a failed request. */
async function deliveriesTo(config: object): Promise<Delivery[]> {
  const bench = new CourierBench([{ name: "out", url: sink.url, secret: "SINK_KEY", ...config }]);
  const stream = new SampleStream();
  stream.request(1);
  stream.append(refused({ requestId: requestId(MORNING, 2), code: "dlp_blocked", by: "cards" }));
  stream.request(3);
  stream.append(settled({ requestId: requestId(MORNING, 4), outcome: "failed", status: 502 }));
  bench.events.push(...stream.events);
  await bench.runUntil(bench.now + 1_000);
  return sink.seen;
}

it("a webhook gets one message an event, of blocks and errors, signed as Standard Webhooks are", async () => {
  const seen = await deliveriesTo({ kind: "webhook" });
  expect(seen.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
    "RequestRefused",
    "RequestSettled",
  ]);
  for (const { headers, body } of seen) {
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const hmac = createHmac("sha256", "a secret of a sink").update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${hmac}`);
    expect(headers["webhook-timestamp"]).toBe(String(MORNING / 1_000));
  }
  expect(new Set(seen.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
});

it("Splunk gets HEC events with time, source type and the event's id as a field", async () => {
  const [delivery] = await deliveriesTo({ kind: "splunk", index: "ai" });
  expect(delivery?.path).toBe("/services/collector/event");
  expect(delivery?.headers["authorization"]).toBe("Splunk a secret of a sink");
  const [first] = (delivery?.body ?? "").split("\n").map((line) => JSON.parse(line || "null"));
  expect(first).toMatchObject({
    time: MORNING / 1_000,
    sourcetype: "tallygate:event",
    index: "ai",
    fields: { event_id: "u_alice/1/1", event_type: "RequestAdmitted" },
    event: { id: "u_alice/1/1", data: { model: "gpt-5-mini" } },
  });
});

it("Datadog gets a list of logs under its key header", async () => {
  const [delivery] = await deliveriesTo({ kind: "datadog", tags: "env:test" });
  expect(delivery?.path).toBe("/api/v2/logs");
  expect(delivery?.headers["dd-api-key"]).toBe("a secret of a sink");
  const logs = JSON.parse(delivery?.body ?? "[]") as object[];
  expect(logs).toHaveLength(6);
  expect(logs.at(-1)).toMatchObject({
    ddsource: "tallygate",
    ddtags: "organisation:acme,env:test",
    status: "error",
    timestamp: MORNING,
  });
});

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const sign = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/** Signature Version 4 as its documentation spells it, for a PUT without a query. */
function signatureV4({ path, headers, body }: Delivery): string {
  const [, scope = "", names = ""] =
    /Credential=AKID\/([^,]+), SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "") ?? [];
  const listed = names.split(";").map((name) => `${name}:${headers[name]}\n`);
  const canonical = ["PUT", path, "", listed.join(""), names, hash(body)].join("\n");
  const date = headers["x-amz-date"] ?? "";
  const text = ["AWS4-HMAC-SHA256", date, scope, hash(canonical)].join("\n");
  const [day = "", region = "", service = "", end = ""] = scope.split("/");
  const key = [region, service, end].reduce<Buffer>(sign, sign("AWS4a secret of a sink", day));
  return sign(key, text).toString("hex");
}

it("a bucket gets an object named by its first position, signed with Signature Version 4", async () => {
  const [delivery] = await deliveriesTo({
    kind: "s3",
    url: `${sink.url}/bucket`,
    accessKeyId: "AKID",
    region: "eu-central-1",
  });
  expect(delivery?.method).toBe("PUT");
  expect(delivery?.path).toBe("/bucket/l_test_0/2026/11/21/000000000000.ndjson");
  expect(delivery?.headers["authorization"]).toContain(
    `Signature=${signatureV4(delivery as Delivery)}`,
  );
  expect(delivery?.body.split("\n")).toHaveLength(7);
});

it("OTLP gets a trace a request: the gateway's span, the call's below it, under the conventions' names", async () => {
  const seen = await deliveriesTo({ kind: "otlp", signals: ["traces"], header: "x-key" });
  expect(seen.map(({ path }) => path)).toEqual(["/v1/traces"]);
  expect(seen[0]?.headers["x-key"]).toBe("a secret of a sink");
  const { resourceSpans } = JSON.parse(seen[0]?.body ?? "{}");
  const { spans } = resourceSpans[0].scopeSpans[0];
  expect(spans).toHaveLength(7);
  const [server, client, block] = spans;
  expect(server.traceId).toBe(requestId(MORNING, 1).replaceAll("-", ""));
  expect(server).toMatchObject({ kind: 2, name: "chat gpt-5-mini" });
  expect(server.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(client).toMatchObject({ kind: 3, parentSpanId: server.spanId, traceId: server.traceId });
  const told = Object.fromEntries(
    client.attributes.map(({ key, value }: { key: string; value: object }) => [key, value]),
  );
  expect(told).toMatchObject({
    "gen_ai.operation.name": { stringValue: "chat" },
    "gen_ai.provider.name": { stringValue: "openai" },
    "gen_ai.request.model": { stringValue: "gpt-5-mini" },
    "gen_ai.usage.input_tokens": { intValue: "40" },
    "gen_ai.usage.output_tokens": { intValue: "20" },
    "gen_ai.usage.cache_read.input_tokens": { intValue: "8" },
    "gen_ai.response.finish_reasons": { arrayValue: { values: [{ stringValue: "stop" }] } },
  });
  expect(block).toMatchObject({ status: { code: 2, message: "dlp_blocked" } });
});

it("OTLP metrics of a batch are deltas whose buckets add up to what was counted", async () => {
  const seen = await deliveriesTo({ kind: "otlp", signals: ["metrics"] });
  expect(seen[0]?.headers["authorization"]).toBe("Bearer a secret of a sink");
  const { resourceMetrics } = JSON.parse(seen[0]?.body ?? "{}");
  const { metrics } = resourceMetrics[0].scopeMetrics[0];
  type Point = { count: string; sum: number; bucketCounts: string[]; asInt: string };
  const points = (name: string): Point[] => {
    const metric = metrics.find((one: { name: string }) => one.name === name);
    return (metric.histogram ?? metric.sum).dataPoints;
  };
  const tokens = points("gen_ai.client.token.usage");
  expect(tokens.reduce((sum, { sum: more }) => sum + more, 0)).toBe(3 * 60);
  for (const point of [...tokens, ...points("gen_ai.client.operation.duration")]) {
    expect(point.bucketCounts.reduce((sum, n) => sum + Number(n), 0)).toBe(Number(point.count));
  }
  // By their names of today: what was used of all, and how much a call took of those that ended well.
  for (const [name, all] of Object.entries({
    input_tokens: 3 * 40,
    output_tokens: 3 * 20,
    "cache_read.input_tokens": 3 * 8,
    "cache_write.input_tokens": 0,
    "reasoning.output_tokens": 0,
  })) {
    const counted = points(`gen_ai.client.inference.usage.${name}`);
    expect([name, counted.reduce((sum, { asInt }) => sum + Number(asInt), 0)]).toEqual([name, all]);
  }
  for (const [name, each] of Object.entries({ input_tokens: 40, output_tokens: 20 })) {
    for (const { count, sum } of points(`gen_ai.client.inference.operation.${name}`)) {
      expect([name, sum]).toEqual([name, Number(count) * each]);
    }
  }
  expect(points("gen_ai.client.inference.duration")).toEqual(
    points("gen_ai.client.operation.duration"),
  );
  expect(points("tallygate.requests").reduce((sum, { asInt }) => sum + Number(asInt), 0)).toBe(4);
  expect(points("tallygate.cost").reduce((sum, { asInt }) => sum + Number(asInt), 0)).toBe(2_100);
});

it("OTLP's signals have cursors of their own: one that is down does not repeat the other", async () => {
  sink.script = ({ path }, response) => {
    response.writeHead(path.endsWith("metrics") ? 503 : 200);
    response.end();
  };
  const seen = await deliveriesTo({ kind: "otlp" });
  expect(seen.filter(({ path }) => path === "/v1/traces")).toHaveLength(1);
});

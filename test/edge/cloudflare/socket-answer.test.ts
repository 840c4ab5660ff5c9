/** An answer as messages: whole, streamed, text and bytes. */
import { describe, expect, it } from "vitest";
import { sendAnswer } from "#edge/cloudflare/socket-answer.ts";

async function said(body: BodyInit | null, type: string, status = 200): Promise<unknown[]> {
  const frames: unknown[] = [];
  const headers = { "content-type": type, "cf-aig-log-id": "log", "cf-aig-step": "1" };
  await sendAnswer(new Response(body, { status, headers }), "e", (text) =>
    frames.push(JSON.parse(text)),
  );
  return frames;
}

const metadata = { cacheStatus: "MISS", eventId: "e", logId: "log", step: "1" };

describe("a whole answer", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ["plain words", "plain words"],
    ["[1]", [1]],
  ])("%s is one message", async (body, response) => {
    expect(await said(body, "application/json")).toEqual([
      {
        type: "universal.created",
        metadata: { ...metadata, contentType: "application/json" },
        response,
      },
    ]);
  });

  it("of bytes is in base64 and says so; a refusal has its status", async () => {
    expect(await said(new Uint8Array([255, 254, 0]), "audio/mpeg")).toMatchObject([
      { metadata: { encoding: "base64" }, response: "//4A" },
    ]);
    expect(await said("{}", "application/json", 429)).toMatchObject([
      { metadata: { status: 429 } },
    ]);
  });
});

describe("a stream", () => {
  it("of events is one message each: without comments, and without OpenAI's last word", async () => {
    const body = ': keep-alive\n\ndata: {"n":1}\n\nevent: x\ndata: {"n":2}\n\ndata: [DONE]\n\n';
    expect(await said(body, "text/event-stream; charset=utf-8")).toMatchObject([
      { type: "universal.created", metadata },
      { type: "universal.stream", metadata: { eventId: "e" }, response: { n: 1 } },
      { type: "universal.stream", response: { n: 2 } },
      { type: "universal.done", metadata },
    ]);
  });

  it("of lines is one message each, the last without its end too", async () => {
    const frames = await said('{"n":1}\n{"n":2}', "application/x-ndjson");
    expect(frames.map((one) => (one as { type: string }).type)).toEqual([
      "universal.created",
      "universal.stream",
      "universal.stream",
      "universal.done",
    ]);
  });

  it("that breaks off is thrown, not ended as if it were whole", async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('data: {"n":1}\n\n'));
      },
      pull(controller) {
        controller.error(new Error("gone"));
      },
    });
    await expect(said(body, "text/event-stream")).rejects.toThrow("gone");
  });
});

/** Bodies are read whole, bounded by what they are and not by what they claim. */
import { describe, expect, it } from "vitest";
import { readRequestBytes, readRequestText, readText } from "#edge/body.ts";

const url = "https://gateway.test/v1/chat/completions";

/** A body that comes in pieces, with no length. */
function inPieces(pieces: readonly string[], headers: Record<string, string> = {}): Request {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
  return new Request(url, { method: "POST", body, headers });
}

async function pack(text: string, format: "gzip" | "deflate"): Promise<ArrayBuffer> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream(format));
  return new Response(packed).arrayBuffer();
}

const posted = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request(url, { method: "POST", body, headers });

describe("a body", () => {
  it("of just the bound is read, and of one byte more is not, with and without a length", async () => {
    expect(await readText(posted("x".repeat(100)), 100)).toHaveLength(100);
    expect(await readText(inPieces(["x".repeat(60), "x".repeat(40)]), 100)).toHaveLength(100);
    expect(await readText(inPieces(["x".repeat(60), "x".repeat(41)]), 100)).toBeUndefined();
    const big = { code: "body_too_large", message: expect.stringContaining("100 bytes") };
    await expect(readRequestText(inPieces(["x".repeat(101)]), 100)).rejects.toMatchObject(big);
    await expect(readRequestBytes(inPieces(["x".repeat(101)]), 100)).rejects.toMatchObject(big);
    const claims = inPieces(["{}"], { "content-length": "101" });
    await expect(readRequestText(claims, 100)).rejects.toMatchObject(big);
  });

  it("is bounded in bytes, not in characters", async () => {
    expect(await readText(inPieces(["é".repeat(50)]), 100)).toHaveLength(50);
    expect(await readText(inPieces(["é".repeat(51)]), 100)).toBeUndefined();
  });

  it("keeps a character that two pieces share", async () => {
    const bytes = new TextEncoder().encode("a😀b");
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await readText(new Response(body), 100)).toBe("a😀b");
  });

  it("that is not there is empty", async () => {
    expect(await readRequestText(posted(null), 100)).toBe("");
  });

  it("that is packed is unpacked, in either form that HTTP names", async () => {
    const text = JSON.stringify({ model: "m", messages: [] });
    for (const format of ["gzip", "deflate"] as const) {
      const packed = await pack(text, format);
      const headers = { "content-encoding": format };
      expect(await readRequestText(posted(packed, headers), 1000)).toBe(text);
      const bytes = await readRequestBytes(posted(packed, headers), 1000);
      expect(new TextDecoder().decode(bytes)).toBe(text);
    }
    const named = posted(await pack(text, "gzip"), { "content-encoding": "X-GZip" });
    expect(await readRequestText(named, 1000)).toBe(text);
    expect(await readRequestText(posted(text, { "content-encoding": "identity" }), 1000)).toBe(
      text,
    );
  });

  it("that is packed small and is large is refused for what it unpacks to", async () => {
    const bomb = await pack("x".repeat(1_000_000), "gzip");
    expect(bomb.byteLength).toBeLessThan(10_000);
    const request = posted(bomb, { "content-encoding": "gzip" });
    await expect(readRequestText(request, 10_000)).rejects.toMatchObject({
      code: "body_too_large",
    });
  });

  it("that is packed otherwise, or is not what it says, is refused with a sentence", async () => {
    const other = posted("abc", { "content-encoding": "zstd" });
    await expect(readRequestText(other, 1000)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining('"zstd"'),
    });
    const wrong = posted('{"model":"m"}', { "content-encoding": "gzip" });
    await expect(readRequestText(wrong, 1000)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("content-encoding"),
    });
    const half = (await pack("x".repeat(1000), "gzip")).slice(0, 15);
    await expect(
      readRequestBytes(posted(half, { "content-encoding": "gzip" }), 2000),
    ).rejects.toMatchObject({ code: "invalid_request" });
  });
});

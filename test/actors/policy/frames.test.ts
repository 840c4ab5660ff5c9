import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFrame } from "#actors/policy/frames.ts";
import { encodeAnything } from "./encode.ts";

const types = ["PublishPolicy", "SetMember", "IssueKey", "Resume", "GetPolicy", "__proto__", "X"];

const nearFrame = fc.record(
  {
    id: fc.oneof(fc.string({ minLength: 1, maxLength: 5 }), fc.anything()),
    type: fc.oneof(fc.constantFrom(...types), fc.anything()),
    expectVersion: fc.oneof(fc.nat(), fc.anything()),
    document: fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }),
    member: fc.anything(),
    since: fc.oneof(fc.integer(), fc.double()),
  },
  { requiredKeys: [] },
);

describe("a frame", () => {
  it("of any content is a command or a typed refusal, never an exception", () => {
    const codes = new Set(["bad_frame", "unknown_command", "invalid_command", "frame_too_large"]);
    const check = (message: unknown) => {
      const parsed = parseFrame(message);
      if (parsed.kind === "refused") expect(codes).toContain(parsed.answer.code);
    };
    fc.assert(fc.property(fc.anything(), check), { numRuns: 300 });
    fc.assert(fc.property(fc.json(), check), { numRuns: 300 });
    fc.assert(
      fc.property(fc.json(), fc.json(), (json, meta) => check(`{"json":${json},"meta":${meta}}`)),
      { numRuns: 500 },
    );
    const text = nearFrame.map(encodeAnything);
    fc.assert(fc.property(text, check), { numRuns: 500 });
  });

  it("that refers to itself or is nested without end is refused", () => {
    const loop = `{"json":{"id":"a","type":"PublishPolicy","expectVersion":1,"document":{"x":null}},"meta":{"referentialEqualities":{"document":["document.x"]}}}`;
    expect(parseFrame(loop).kind).not.toBe("read");
    const deep = `{"json":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(parseFrame(deep)).toMatchObject({ kind: "refused", answer: { code: "bad_frame" } });
  });

  it("cannot reach the prototype of objects", () => {
    const text = `{"json":{"id":"a","type":"GetPolicy"},"meta":{"values":{"__proto__.polluted":["undefined"]}}}`;
    parseFrame(text);
    parseFrame(`{"json":{"__proto__":{"polluted":1},"id":"a","type":"GetPolicy"}}`);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

/** JSON text in pieces: what its strings say is scanned, and what leaves is JSON that says the rest. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openJsonStream } from "#dlp/json-stream.ts";
import { compileDlp } from "#dlp/program.ts";
import type { DlpRule } from "#dlp/rule.ts";

const WHERE = { direction: "answer", channel: "tool-arguments" } as const;
const SEED = 20_261_121;

function rule(detector: string, action: DlpRule["action"] = "redact"): DlpRule {
  return { id: detector, detector, directions: ["answer"], action, mode: "enforce" };
}

const program = compileDlp([rule("email"), rule("payment-card"), rule("generic-secret")]);

function through(pieces: readonly string[], using = program): { text: string; blocked: boolean } {
  const stream = openJsonStream(using, WHERE);
  const steps = [...pieces.map((piece) => stream.push(piece)), stream.end()];
  return {
    text: steps.map((step) => step.text).join(""),
    blocked: steps.some((step) => step.blockedBy !== undefined),
  };
}

/** Every way to cut a text in two, and all of it in single characters. */
function splits(text: string): string[][] {
  const cuts = Array.from({ length: text.length + 1 }, (_, i) => [text.slice(0, i), text.slice(i)]);
  return [...cuts, text.split("")];
}

/** JSON with every character of its strings escaped that a draw says. */
function spelled(value: unknown, dice: () => boolean): string {
  return JSON.stringify(value).replaceAll(/[a-z0-9@.]/gi, (unit, at: number, whole: string) => {
    const inString = (whole.slice(0, at).match(/(?<!\\)(?:\\\\)*"/g)?.length ?? 0) % 2 === 1;
    const escaped = whole[at - 1] === "\\" || /\\u[0-9a-f]{0,3}$/.test(whole.slice(0, at));
    if (!inString || escaped || !dice()) return unit;
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

describe("arguments of a tool, in pieces", () => {
  it.each([
    [
      "an escaped at sign",
      String.raw`{"to":"alice\u0040example.com","n":1}`,
      { to: "[REDACTED:email]", n: 1 },
    ],
    [
      "an address between quotes that a string says",
      String.raw`{"q":"say \"bob@example.com\" \\ now\n"}`,
      { q: 'say "[REDACTED:email]" \\ now\n' },
    ],
    [
      "a card as a number",
      '{"card":4111111111111111,"x":[1,-2.5e3,true,null]}',
      { card: "[REDACTED:payment-card]", x: [1, -2500, true, null] },
    ],
    [
      "a password inside a command",
      String.raw`{"cmd":"export PASSWORD=\"Zq8!kR2vLm41\" && run"}`,
      { cmd: 'export PASSWORD="[REDACTED:generic-secret]" && run' },
    ],
    [
      "a card in escapes throughout",
      `{"c":"${"4111 1111 1111 1111".replaceAll(/\d/g, (d) => `\\u003${d}`)}"}`,
      { c: "[REDACTED:payment-card]" },
    ],
    ["a text at the top", '"carol@example.com"', "[REDACTED:email]"],
  ])("hide %s and stay JSON, wherever they are cut", (_, text, expected) => {
    for (const pieces of splits(text)) expect(JSON.parse(through(pieces).text)).toEqual(expected);
  });

  it("say the same when nothing is hidden, whatever they are and however they are cut", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.array(fc.nat(60), { maxLength: 8 }),
        fc.boolean(),
        (json, cuts, all) => {
          const text = /^\s*[{["]/.test(json) ? spelled(JSON.parse(json), () => all) : json;
          const pieces: string[] = [];
          let at = 0;
          for (const cut of cuts) pieces.push(text.slice(at, (at += cut)));
          const none = compileDlp([rule("vin")]);
          expect(JSON.parse(through([...pieces, text.slice(at)], none).text)).toEqual(
            JSON.parse(text),
          );
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("never let an address through, however it is escaped and cut", () => {
    const words = fc.array(fc.constantFrom("a", '"', "\\", "\n", "mail", "é", "😀", " "), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        words,
        words,
        fc.infiniteStream(fc.boolean()),
        fc.nat(5),
        (before, after, coins, size) => {
          const value = `${before.join("")} dave.miller@example.com ${after.join("")}`;
          const text = spelled({ n: 12, list: [value] }, () => coins.next().value ?? false);
          const pieces = text.match(new RegExp(`[^]{1,${size + 1}}`, "g")) ?? [];
          const said = JSON.parse(through(pieces).text) as { n: number; list: string[] };
          expect(said).toEqual({
            n: 12,
            list: [`${before.join("")} [REDACTED:email] ${after.join("")}`],
          });
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("end where a rule blocks", () => {
    const blocking = compileDlp([rule("email", "block")]);
    const { text, blocked } = through(
      String.raw`{"to":"alice\u0040example.com","n":1}`.split(""),
      blocking,
    );
    expect(blocked).toBe(true);
    expect(text).toBe('{"to":"');
  });

  it.each(['print("a\\x41\\n")\n', "plain bob", "\\u0041 is a letter"])(
    "that are no JSON leave as they came: %j",
    (text) => {
      for (const pieces of splits(text)) expect(through(pieces).text).toBe(text);
    },
  );

  it.each([
    String.raw`{"a":"\x \u12g"}`,
    '{"a":"cut',
    String.raw`{"a":"cut\u00`,
    '{"a":12',
    String.raw`["\ud800", "\ud83d\ude00"]`,
  ])("that are broken or odd leave as they came: %j", (text) => {
    const expected = text.replace(String.raw`\ud83d\ude00`, "😀");
    for (const pieces of splits(text)) expect(through(pieces).text).toBe(expected);
  });
});

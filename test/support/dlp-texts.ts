/** Texts for properties: fragments that detectors care about, cut and glued in every way. */
import * as fc from "fast-check";

import { DETECTORS } from "#dlp/catalogue.ts";
import { compileDlp, type DlpProgram } from "#dlp/program.ts";
import type { DlpAction } from "#dlp/rule.ts";

const FRAGMENTS = [
  "4111 1111 1111 1111",
  "123-45-6789",
  "alice@example.com",
  "+1 415 555 0132",
  "(415) 555-0132x12",
  "AKIAQWERTYUIOPASDF12",
  "sk-proj-abcDEF1234567890ghijKLMNOP",
  'password: "hunter2Xy!z"',
  "API_KEY=",
  "Bearer a1B2c3D4e5F6g7H8",
  "postgres://u:p4ssw0rdX@db.example.com/x",
  "GB29 NWBK 6016 1331 9268 19",
  "-----BEGIN PRIVATE KEY-----\n",
  "-----END PRIVATE KEY-----",
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc_DEF-123",
  "203.0.113.7",
  "2001:db8::1",
  "00:1a:2b:3c:4d:5e",
  "YWxpY2VAZXhhbXBsZS5jb20gaXMgbWU=",
  "alice%40example.com",
  "&#97;nna&commat;x.org",
  "bob@exa\u200bmple.com",
  "４１１１１１１１１１１１１１１１",
  "DOB: 05/25/2001",
  "passport X63119889",
  "TWITTER_ID=a1b2c3d4e5f6g7h8i9j0k1l2m",
  'value="',
  " is ",
  "=",
  ":",
  "-",
  ".",
  "@",
  "(",
  "+",
  " ",
  "\n",
  '"',
  "'",
  "%",
  "%4",
  "&",
  "&#",
  ";",
  "😀",
  "é",
  "x",
  "card",
  "ssn",
  "BIC: DEUTDEFF",
  "PRJ-123456",
  "secret project",
  "aaaa",
  "12",
  "2024-01-02",
  "hooks.slack.com/services/",
] as const;

/** Any gluing of fragments, ASCII noise and arbitrary Unicode. */
export function anyText(): fc.Arbitrary<string> {
  return fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...FRAGMENTS) },
        { weight: 2, arbitrary: fc.string({ maxLength: 8 }) },
        { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(""));
}

/** A text and where to split it. */
export function anySplit(): fc.Arbitrary<{ text: string; sizes: number[] }> {
  return fc.record({
    text: anyText(),
    sizes: fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 12 }),
  });
}

/** Cuts a text into pieces of the given sizes, over and over. */
export function pieces(text: string, sizes: readonly number[]): string[] {
  const out: string[] = [];
  for (let at = 0, i = 0; at < text.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    out.push(text.slice(at, at + size));
    at += size;
  }
  return out;
}

const ACTIONS: readonly DlpAction[] = ["redact", "mask", "tokenize", "warn"];

/** Every detector on, actions taking turns, with an own pattern and a dictionary. */
export function everything(actions: readonly DlpAction[] = ACTIONS): DlpProgram {
  const rules = DETECTORS.map((detector, index) => ({
    id: detector.id,
    detector: detector.id,
    directions: ["prompt", "answer"] as const,
    action: actions[index % actions.length] ?? "redact",
    mode: index % 7 === 6 ? ("monitor" as const) : ("enforce" as const),
  }));
  return compileDlp([
    ...rules,
    {
      id: "project-number",
      pattern: { source: "PRJ-[0-9]{4,8}" },
      directions: ["prompt", "answer"],
      action: "redact",
      mode: "enforce",
    },
    {
      id: "code-names",
      dictionary: ["secret project", "blue heron", "é"],
      directions: ["prompt", "answer"],
      action: "redact",
      mode: "enforce",
    },
  ]);
}

/** Words before a value, by every way in which they are written. */
import { describe, expect, it } from "vitest";

import { contextWords, hasContext } from "#dlp/kit/context.ts";
import { Source } from "#dlp/kit/source.ts";

const WORDS = contextWords([
  "tax file",
  "id no",
  "né le",
  "élève",
  "passnummer",
  "cc",
  "desk",
  "pesel",
]);

function stands(text: string): boolean {
  return hasContext(new Source(`${text}1`, true), text.length, WORDS);
}

describe("a word before a value", () => {
  it.each([
    "tax file ",
    "TAX-FILE_",
    "taxFile",
    "ID no: ",
    "idNo",
    "Né le ",
    "ÉLÈVE ",
    "Passnummer=",
    "CC ",
    "Desk ",
    "PESEL ",
    "pesel",
    "1cc ",
  ])("is heard in %j", (text) => {
    expect(stands(text)).toBe(true);
  });

  it.each([
    "taxfile ",
    "tax files ",
    "idea no ",
    "passnumme",
    "passport ",
    "pesec ",
    "pese",
    "dest ",
    "acc ",
    "ne le ",
    "1 ",
  ])("is not heard in %j", (text) => {
    expect(stands(text)).toBe(false);
  });
});

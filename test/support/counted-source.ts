/** A source that counts what a scan asks of it: characters read, and texts cut out for patterns. */
import { Source } from "#dlp/kit/source.ts";

/** What reading a text cost so far, in characters that a detector reads one by one. */
export interface Work {
  reads: number;
}

/** A pattern goes over the text that was cut out for it so much faster than a detector reads. */
const PATTERN_SPEED = 8;

/** A string in whose place a scan reads; only what detectors use of a string. */
function countedText(text: string, work: Work): string {
  const count = (characters: number): void => void (work.reads += characters);
  return new Proxy(Object(text) as object, {
    get(target, key) {
      if (key === "length") return text.length;
      if (typeof key === "string" && /^\d+$/.test(key)) {
        count(1);
        return text[Number(key)];
      }
      if (key === "slice")
        return (from: number, to: number) => {
          const cut = text.slice(from, to);
          count(cut.length / PATTERN_SPEED);
          return cut;
        };
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        count(1);
        return (value as (...args: unknown[]) => unknown).apply(text, args);
      };
    },
  }) as unknown as string;
}

/** A finished text as a source, counted. */
export function countedSource(text: string): { source: Source; work: Work } {
  const source = new Source(text, true);
  const work: Work = { reads: 0 };
  const { codes } = source;
  const counted = new Proxy(codes, {
    get(target, key) {
      work.reads += 1;
      return Reflect.get(target, key, target) as unknown;
    },
  });
  Object.defineProperty(source, "codes", { value: counted });
  Object.defineProperty(source, "text", { value: countedText(text, work) });
  return { source, work };
}

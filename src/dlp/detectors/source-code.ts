/**
 * Source code, by the lines that open its parts: declarations and imports of a dozen languages. Code
 * is what many people send to a model on purpose, so its confidence stays under the usual threshold:
 * a rule that watches for it names a threshold of its own, 0.4 for what only code says, 0.3 for what
 * prose might say, too. Every such line is a finding, and its language stands in `why`.
 */
import { NONE, SPACE, is } from "../kit/chars.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";

const LINE_MAX = 160;
const INDENT_MAX = 24;
const NEWLINE = 10;
const RETURN = 13;

interface Line {
  language: string;
  /** The whole line from its keyword on, without blanks at its end. */
  pattern: RegExp;
  confidence: number;
}

/** Keywords, with the lines that may begin with them. */
type Openings = readonly (readonly [string, readonly Line[]])[];

const SURE = 0.45;
const LIKELY = 0.4;
const MAYBE = 0.3;

function line(language: string, confidence: number, pattern: RegExp): Line {
  return { language, confidence, pattern };
}

const BINDING = line(
  "javascript",
  LIKELY,
  /^(?:const|let|var) [\w$[\]{}, :]{1,80} ?=[^=].*[;{([,]$/,
);
const RUST_BINDING = line("rust", LIKELY, /^let mut \w{1,60}(?:: ?[^=]{1,40})? = .*;$/);
const MEMBER = line(
  "java",
  LIKELY,
  /^(?:public|private|protected) (?:[a-z]{3,12} ){0,3}[\w<>[\], .?]{1,60}(?:\(.{0,100}\).{0,40}\{|;| = .{1,80};)$/,
);
const TYPE = line(
  "java",
  LIKELY,
  /^(?:(?:public|private|export|abstract|final|default) ){0,3}(?:class|interface|enum|struct|trait) [A-Za-z]\w{0,60}[\w<>., :&]{0,80} ?\{$/,
);

/** Keywords that prose hardly ever has at all: looked for wherever a line begins. */
const STRONG: Openings = Object.entries({
  "def ": [
    line("python", SURE, /^def [A-Za-z_]\w{0,60}\(.{0,120}\)(?: ?-> ?.{1,40})?:$/),
    line("python", LIKELY, /^def [A-Za-z_]\w{0,60}\(.{0,120},?$/),
    line("ruby", LIKELY, /^def (?:self\.)?[a-z_]\w{0,60}[?!]?$/),
  ],
  "#include": [line("c", SURE, /^#include ?[<"][\w./+-]{1,80}[>"]$/)],
  "<?php": [line("php", SURE, /^<\?php/)],
  "#!/": [line("shell", SURE, /^#!\/(?:usr\/)?(?:local\/)?bin\/\w/)],
  "const ": [BINDING],
  "func ": [line("go", SURE, /^func (?:\([\w *]{1,40}\) )?\w{1,60}\(.{0,100}\).{0,60}\{$/)],
  "fn ": [line("rust", SURE, /^fn \w{1,60}(?:<.{1,40}>)?\(.{0,100}\).{0,60}\{$/)],
  "pub fn ": [line("rust", SURE, /^pub fn \w{1,60}(?:<.{1,40}>)?\(.{0,100}\).{0,60}\{$/)],
});
/** Words of prose as well: looked for at the beginning of a line only, so that prose is not slowed down. */
const WEAK: Openings = Object.entries({
  "class ": [line("python", SURE, /^class [A-Z]\w{0,60}(?:\([\w., =]{0,80}\))?:$/), TYPE],
  "function ": [
    line("javascript", SURE, /^function ?\*? ?[\w$]{0,60} ?\(.{0,100}\).{0,40}\{$/),
    line("shell", LIKELY, /^function \w{1,60}(?:\(\))? ?\{$/),
  ],
  "import ": [
    line("javascript", SURE, /^import [^"']{1,100} from ["'][^"']{1,80}["'];?$/),
    line("java", SURE, /^import (?:static )?[a-z]\w{0,40}(?:\.[\w*]{1,60}){1,9};$/),
    line("python", LIKELY, /^import [a-z_][\w.]{0,60} as \w{1,30}$/),
    line("python", MAYBE, /^import [a-z_][\w.]{0,60}$/),
  ],
  "from ": [line("python", SURE, /^from [a-z_.][\w.]{0,60} import [\w*, ()]{1,100}$/)],
  "let ": [RUST_BINDING, BINDING],
  "var ": [BINDING],
  "public ": [TYPE, MEMBER],
  "private ": [TYPE, MEMBER],
  "protected ": [MEMBER],
  "export ": [
    TYPE,
    line(
      "javascript",
      SURE,
      /^export (?:default )?(?:async )?(?:function|const|class) .{1,120}[{;(]$/,
    ),
  ],
  "interface ": [TYPE],
  "struct ": [TYPE],
  "package ": [
    line("go", MAYBE, /^package [a-z]\w{0,40}$/),
    line("java", SURE, /^package [a-z]\w{0,40}(?:\.\w{1,40}){1,9};$/),
  ],
  "using ": [line("csharp", SURE, /^using [A-Z]\w{0,40}(?:\.\w{1,40}){0,9};$/)],
  "SELECT ": [line("sql", LIKELY, /^SELECT .{1,120} FROM [\w."`[]/)],
  "CREATE TABLE ": [line("sql", SURE, /^CREATE TABLE .{1,80}\(/)],
  "INSERT INTO ": [line("sql", SURE, /^INSERT INTO [\w."`[\]]{1,60} ?(?:\(|VALUES)/)],
});

/** Whether nothing but an indent stands before an index on its line. */
function beginsLine(source: Source, at: number): boolean {
  for (let i = at - 1; at - i <= INDENT_MAX; i -= 1) {
    const code = source.code(i);
    if (code === NEWLINE || code === NONE) return true;
    if (!is(code, SPACE)) return false;
  }
  return false;
}

/** The end of the line at an index without blanks at its end, or -1 when it is too long to be judged. */
function lineEnd(source: Source, at: number): number {
  const { codes, length } = source;
  const stop = Math.min(length, at + LINE_MAX + 1);
  let end = at;
  while (end < stop && codes[end] !== NEWLINE && codes[end] !== RETURN) end += 1;
  if (end - at > LINE_MAX) return -1;
  // Where the text ends, the line may go on.
  source.code(end);
  while (end > at && is(codes[end - 1] ?? NONE, SPACE)) end -= 1;
  return end;
}

function judge(source: Source, start: number, lines: readonly Line[]): Candidate | undefined {
  const end = lineEnd(source, start);
  if (end < 0) return undefined;
  const text = source.text.slice(start, end);
  const found = lines.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return undefined;
  return { start, end, confidence: found.confidence, why: ["shape", found.language] };
}

export const sourceCode: Detector = {
  id: "source-code",
  title: "Source code",
  version: 1,
  groups: ["code"],
  evidence: "shape",
  prefilter: [
    { kind: "literals", literals: STRONG.map(([keyword]) => keyword) },
    { kind: "anywhere", literals: WEAK.map(([keyword]) => `\n${keyword}`) },
  ],
  confidenceMax: SURE,
  maxLength: LINE_MAX,
  validate(source, at) {
    const newline = source.code(at) === NEWLINE;
    const start = newline ? at + 1 : at;
    for (const [keyword, lines] of newline ? WEAK : STRONG)
      if (source.has(start, keyword))
        return newline || (source.opens(at) && beginsLine(source, at))
          ? judge(source, start, lines)
          : undefined;
    return undefined;
  },
};

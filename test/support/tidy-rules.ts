/**
 * House rules that no linter knows. Each takes files as values and answers with complaints, one line
 * each, so that every rule is tested against a planted break before it is believed.
 */
import path from "node:path";

export interface TextFile {
  /** From the project's folder, with forward slashes. */
  path: string;
  text: string;
}

const codeLinesMax = 300;
const readmeLinesMax = 120;

const isSource = (file: TextFile): boolean => /^src\/.*\.ts$/.test(file.path);
const isCode = (file: TextFile): boolean => /\.(ts|tsx|mjs|cjs)$/.test(file.path);
const isMarkdown = (file: TextFile): boolean => file.path.endsWith(".md");

/** Every source file opens with what it is for. */
export function headers(files: readonly TextFile[]): string[] {
  return files
    .filter((file) => isSource(file) && !file.text.startsWith("/**"))
    .map((file) => `${file.path}: begin with a /** header that says what the file is for`);
}

/** The lines of code: neither blank nor comment. */
export function countCodeLines(text: string): number {
  return text
    .replaceAll(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length;
}

export function sizes(files: readonly TextFile[]): string[] {
  return files
    .filter((file) => isCode(file) && !file.path.startsWith("test/"))
    .map((file) => ({ file, lines: countCodeLines(file.text) }))
    .filter(({ lines }) => lines > codeLinesMax)
    .map(
      ({ file, lines }) =>
        `${file.path}: ${lines} lines of code, at most ${codeLinesMax}: split it`,
    );
}

/** What is not written here, in which files, and what is written instead. */
interface Banned {
  pattern: RegExp;
  in: RegExp;
  instead: string;
}

const banned: readonly Banned[] = [
  // Spelled so that this file does not break its own rule.
  { pattern: /\b(TO[D]O|FIX[M]E|X[X]X)\b/, in: /./, instead: "finish it, or say why it stays" },
  {
    pattern: /\bJSON\.parse\(/,
    in: /^src\/(edge|actors)\//,
    instead: "parseJson or tryParseJson of #events/parse-json.ts, then a schema",
  },
  {
    pattern: /from "\.\.\/(\.\.\/)*(events|policy|dlp|providers|actors|projections|edge)\//,
    in: /^src\//,
    instead: "#room/file.ts across rooms",
  },
  {
    pattern: /\.tee\(\)/,
    in: /^src\//,
    instead: "one pump: tee holds the whole stream in memory",
  },
  {
    pattern: /\bgetServerByName\(/,
    in: /^src\//,
    instead: "NAMESPACE.getByName(...): the helper costs one more round trip each call",
  },
  { pattern: /\bwhite-?list/i, in: /./, instead: "allow list" },
  { pattern: /\bblack-?list/i, in: /./, instead: "deny list" },
  { pattern: /\bsanity[ -]check/i, in: /./, instead: "check" },
  { pattern: /\b(utili[sz]e[sd]?)\b/i, in: /./, instead: "use" },
];

/** Where the words are defined and planted. */
const aboutWords = new Set(["test/support/tidy-rules.ts", "test/tidy.test.ts"]);

export function words(files: readonly TextFile[]): string[] {
  return files.flatMap((file) =>
    aboutWords.has(file.path)
      ? []
      : file.text
          .split("\n")
          .flatMap((line, index) =>
            banned
              .filter((word) => word.in.test(file.path) && word.pattern.test(line))
              .map(
                (word) =>
                  `${file.path}:${index + 1}: instead of "${word.pattern.exec(line)?.[0]}": ${word.instead}`,
              ),
          ),
  );
}

const vagueNames = /(^|\/|-)(utils?|helpers?|misc|common|stuff)\.ts$|(^|\/)index\.ts$/;

/** A file is named after what it does; none gathers the exports of others. */
export function names(files: readonly TextFile[]): string[] {
  const wrong = files.filter(
    (file) => isSource(file) && (vagueNames.test(file.path) || !/^[a-z0-9/.-]+$/.test(file.path)),
  );
  return wrong.map((file) => `${file.path}: name it after what it does, in kebab-case`);
}

const ownFolders =
  /^test\/(console|scenarios|client|regressions|support|scripts|golden|fixtures)\//;
const ownFiles = new Set(["test/tidy.test.ts", "test/rooms.test.ts"]);

/**
 * `test/dlp/engine.test.ts` tests `src/dlp/engine.ts` (or a folder, or one aspect: `engine.speed`). What
 * runs in workerd tests an actor with all its files: it mirrors the folder, and names what it is about.
 */
export function mirror(files: readonly TextFile[]): string[] {
  const all = new Set(files.map((file) => file.path));
  const folders = new Set([...all].map((file) => path.posix.dirname(file)));
  return [...all]
    .filter((file) => /^test\/.*\.test\.ts$/.test(file))
    .filter((file) => !ownFolders.test(file) && !ownFiles.has(file))
    .filter((file) => {
      const rest = file.slice("test/".length);
      const home = rest.startsWith("bench/") ? rest : `src/${rest}`;
      const subject = home.replace(/(\.workerd)?\.test\.ts$/, "");
      if (file.endsWith(".workerd.test.ts") && folders.has(path.posix.dirname(subject)))
        return false;
      const whole = subject.replace(/\.[^/]*$/, "");
      return !all.has(`${subject}.ts`) && !all.has(`${whole}.ts`) && !folders.has(subject);
    })
    .map((file) => `${file}: no such file in src; move it beside its subject or to test/scenarios`);
}

/** Links between our own pages lead somewhere. `exists` answers for a path from the project's folder. */
export function links(files: readonly TextFile[], exists: (file: string) => boolean): string[] {
  return files.filter(isMarkdown).flatMap((file) => {
    const text = file.text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((link) => link[1] ?? "")
      .filter((target) => !/^([a-z]+:|#)/i.test(target))
      .filter((target) => {
        const bare = target.replace(/#.*$/, "");
        return !exists(path.posix.join(path.posix.dirname(file.path), bare));
      })
      .map((target) => `${file.path}: the link to ${target} leads nowhere`);
  });
}

/** The two pages that have a form: the README is short, the CHANGELOG has a place for what is next. */
export function pages(files: readonly TextFile[]): string[] {
  const of = (name: string) => files.find((file) => file.path === name)?.text;
  const readme = of("README.md");
  const lines = readme?.trimEnd().split("\n").length ?? 0;
  return [
    ...(readme === undefined ? ["README.md: missing"] : []),
    ...(lines > readmeLinesMax ? [`README.md: ${lines} lines, at most ${readmeLinesMax}`] : []),
    ...(/^## \[?Unreleased\]?/m.test(of("CHANGELOG.md") ?? "")
      ? []
      : ["CHANGELOG.md: has no `## Unreleased`"]),
  ];
}

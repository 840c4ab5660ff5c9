/** JSON with comments, as people keep it in git: comments and trailing commas are allowed. */

/** Parses it; throws a `SyntaxError` whose position is the file's own. */
export function readJsonc(text: string): unknown {
  return JSON.parse(withoutComments(text.replace(/^\uFEFF/, " "))) as unknown;
}

const comments = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
/** Once the comments are blank. */
const trailingCommas = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g;

/** The same text with blanks in the place of what JSON does not know, so that positions hold. */
function withoutComments(text: string): string {
  return blank(blank(text, comments), trailingCommas);
}

function blank(text: string, what: RegExp): string {
  return text.replace(what, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\r\n]/g, " "),
  );
}

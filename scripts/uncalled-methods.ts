/**
 * Packages without the methods that nothing calls. Classes hold on to all of theirs: no bundler can tell
 * what is asked of an object. Here a method goes when nothing that stays says its name, as a member's,
 * in a pattern or as a text, wherever in the bundle and of whatever object; so it stays when in doubt.
 */
import { applied, isNode, type Node } from "./syntax.ts";

/** Methods that the language or the runtime calls, whose names nobody writes. */
const called =
  /^(constructor|toString|toJSON|valueOf|then|next|return|throw|fetch|alarm|scheduled|webSocket\w*|on[A-Z]\w*)$/;

/** Every node of a syntax tree, itself included, down to those that `enters` says no to. */
function* nodesOf(node: Node, enters: (node: Node) => boolean): Generator<Node> {
  yield node;
  if (!enters(node)) return;
  for (const value of Object.values(node)) {
    if (isNode(value)) yield* nodesOf(value, enters);
    else if (Array.isArray(value))
      for (const one of value) if (isNode(one)) yield* nodesOf(one, enters);
  }
}

/** The name of a method that may go; `undefined` for what is no such method. */
function nameOf(node: Node): string | undefined {
  if (node.type !== "MethodDefinition" || node["computed"] === true) return undefined;
  const { type, name } = node["key"] as Node;
  if (type !== "Identifier" && type !== "PrivateIdentifier") return undefined;
  return called.test(String(name)) ? undefined : String(name);
}

/** What a node names: identifiers, members, and texts that may be names. */
function said(node: Node): string | undefined {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return String(node["name"]);
  if (node.type === "Literal") return String(node["value"]);
  if (node.type === "TemplateElement") return (node["value"] as { raw: string }).raw;
  return undefined;
}

/**
 * The code without those methods.
 *
 * @param mayGo whether a method that stands there may go
 */
export async function withoutUncalled(
  code: string,
  mayGo: (at: number) => boolean,
): Promise<{ code: string; gone: readonly string[] }> {
  const { parseSync } = await import("vite");
  const program = parseSync("bundle.js", code, { sourceType: "module" }).program as unknown as Node;
  /** Methods that nothing is known to call, by their names; those of one name stay or go together. */
  const waiting = new Map<string, Node[]>();
  const saying = new Set<string>();
  const open: Node[] = [program];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    const start = from;
    const isApart = (node: Node): boolean =>
      node !== start && nameOf(node) !== undefined && mayGo(node.start);
    for (const node of nodesOf(start, (one) => !isApart(one))) {
      if (isApart(node)) {
        const name = nameOf(node) as string;
        if (saying.has(name)) open.push(node);
        else waiting.set(name, [...(waiting.get(name) ?? []), node]);
        continue;
      }
      const name = said(node);
      if (name === undefined || node === start["key"] || saying.has(name)) continue;
      saying.add(name);
      open.push(...(waiting.get(name) ?? []));
      waiting.delete(name);
    }
  }
  const gone = [...waiting.values()].flat();
  const edits = gone.map(({ start, end }) => ({ at: start, end, text: "" }));
  return { code: applied(code, edits), gone: [...waiting.keys()] };
}

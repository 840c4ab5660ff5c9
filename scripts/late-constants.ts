/**
 * Constants of a bundle that are made when they are first asked for. Schemas are thousands of objects,
 * and an isolate that only serves calls asks for few of them: built at the top of their modules, they
 * are most of what a start costs. Written as a step of the bundle, so that a schema stays a constant
 * where it is written.
 *
 * A constant waits when making it calls one of the functions named, or asks for another that waits; all
 * that its expression does is build a value, so that nobody can tell when it was made. An arrow function
 * that is one such expression counts as named: its calls are worth the wait, too.
 */
import { applied, isNode, type Node } from "./syntax.ts";

export interface LateOptions {
  /** Whether code at this place of the bundle is a function whose calls are worth the wait. */
  isBuilder: (at: number) => boolean;
  /** Whether a constant at this place may wait. */
  mayWait: (at: number) => boolean;
}

/** Expressions that build a value out of their parts, whenever they run. */
const building = new Set([
  "ArrayExpression",
  "BinaryExpression",
  "CallExpression",
  "ChainExpression",
  "ConditionalExpression",
  "Identifier",
  "Literal",
  "LogicalExpression",
  "MemberExpression",
  "ObjectExpression",
  "ParenthesizedExpression",
  "Property",
  "SpreadElement",
  "TaggedTemplateExpression",
  "TemplateElement",
  "TemplateLiteral",
  "UnaryExpression",
]);
const containers = new Set(["Map", "Set", "RegExp"]);
const functions = new Set(["ArrowFunctionExpression", "FunctionExpression"]);

/** Children of a node that are code of their own, not the names of members, labels or bindings. */
function* partsOf(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node)) {
    const isName =
      node["computed"] !== true &&
      ((key === "property" && node.type === "MemberExpression") ||
        (key === "key" && /Property|MethodDefinition/.test(node.type)));
    if (isName || key === "label" || key === "meta") continue;
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) yield* value.filter(isNode);
  }
}

/** Calls back for every node under one, with the node above it. */
function walk(node: Node, seen: (node: Node, above: Node) => boolean): void {
  for (const part of partsOf(node)) if (seen(part, node)) walk(part, seen);
}

interface Constant {
  statement: Node;
  init: Node;
  /** The names that are asked for while it is made. */
  asks: Set<string>;
}

/** What making a constant asks for; `undefined` when it does more than build. */
function asksOf(init: Node): Set<string> | undefined {
  const asks = new Set<string>();
  let builds = true;
  const seen = (node: Node): boolean => {
    if (functions.has(node.type)) return false;
    if (node.type === "NewExpression") {
      const callee = node["callee"] as Node;
      builds &&= callee.type === "Identifier" && containers.has(callee["name"] as string);
    } else if (node.type === "UnaryExpression") builds &&= node["operator"] !== "delete";
    else builds &&= building.has(node.type);
    if (node.type === "Identifier") asks.add(node["name"] as string);
    return builds;
  };
  if (seen(init)) walk(init, seen);
  return builds ? asks : undefined;
}

/** Every name that is bound below the top, or assigned to: it may not stand for something else. */
function boundBelow(program: Node): Set<string> {
  const names = new Set<string>();
  const bind = (pattern: unknown): void => {
    if (!isNode(pattern)) return;
    if (pattern.type === "Identifier") names.add(pattern["name"] as string);
    else for (const part of partsOf(pattern)) bind(part);
  };
  const top = new Set(program["body"] as Node[]);
  walk(program, (node) => {
    if (node.type === "VariableDeclaration" && !top.has(node)) {
      for (const one of node["declarations"] as Node[]) bind(one["id"]);
    }
    if (/Function|Class/.test(node.type)) {
      if (!top.has(node)) bind(node["id"]);
      for (const param of (node["params"] as Node[] | undefined) ?? []) bind(param);
    }
    if (node.type === "CatchClause") bind(node["param"]);
    if (node.type === "AssignmentExpression") bind(node["left"]);
    if (node.type === "UpdateExpression") bind(node["argument"]);
    if (/^For(In|Of)Statement$/.test(node.type)) bind(node["left"]);
    if (node.type === "ExportSpecifier") bind(node["local"]);
    return true;
  });
  return names;
}

/** The declaration of an object whose members a bundle fills in: `export * as name`. */
const namespaceOf = (declared: readonly Node[] | undefined): Node | undefined =>
  declared?.find(
    ({ init }) => isNode(init) && (init["properties"] as Node[] | undefined)?.length === 0,
  );

/** What the expression of an arrow function asks for; `undefined` when it is not one, or does more. */
function asksOfArrow(init: Node): Set<string> | undefined {
  const isOne = init.type === "ArrowFunctionExpression" && init["expression"] === true;
  return isOne && init["async"] !== true ? asksOf(init["body"] as Node) : undefined;
}

/**
 * Constants of the top that may wait, by name, the functions declared there that are builders, and what
 * may turn out to be one.
 */
function read(program: Node, { isBuilder, mayWait }: LateOptions) {
  const taken = boundBelow(program);
  const builders = new Set<string>();
  const constants = new Map<string, Constant>();
  const helpers = new Map<string, Set<string>>();
  for (const statement of program["body"] as Node[]) {
    const declared = statement["declarations"] as Node[] | undefined;
    const builder = statement.type === "FunctionDeclaration" ? statement : namespaceOf(declared);
    if (builder !== undefined && isBuilder(statement.start)) {
      builders.add((builder["id"] as Node)["name"] as string);
    }
    if (declared?.length !== 1 || !mayWait(statement.start)) continue;
    const { id, init } = declared[0] as unknown as { id: Node; init: Node | null };
    const name = id["name"] as string;
    if (init === null || id.type !== "Identifier" || taken.has(name)) continue;
    const asks = asksOf(init);
    if (asks !== undefined) constants.set(name, { statement, init, asks });
    const helped = asksOfArrow(init);
    if (helped !== undefined) helpers.set(name, helped);
  }
  return { builders, constants, helpers };
}

/**
 * The same code, with every constant that may wait behind a function of its name.
 *
 * @returns the code, and the names that wait
 */
export async function lateConstants(
  code: string,
  options: LateOptions,
): Promise<{ code: string; late: ReadonlySet<string> }> {
  // Loaded when it is asked for: it takes longer than a start on this machine may.
  const { parseSync } = await import("vite");
  const parsed = parseSync("bundle.js", code, { sourceType: "module" });
  const program = parsed.program as unknown as Node;
  const { builders, constants, helpers } = read(program, options);
  const late = new Set<string>();
  const isWorth = (asks: ReadonlySet<string>): boolean =>
    [...asks].some((asked) => builders.has(asked) || late.has(asked));
  for (let before = -1; before < late.size + builders.size;) {
    before = late.size + builders.size;
    for (const [name, asks] of helpers) if (isWorth(asks)) builders.add(name);
    for (const [name, { asks }] of constants) if (isWorth(asks)) late.add(name);
  }
  const edits: { at: number; end: number; text: string }[] = [];
  const edit = (at: number, end: number, text: string): void => void edits.push({ at, end, text });
  for (const name of late) {
    const { statement, init } = constants.get(name) as Constant;
    const kept = `late$${name}`;
    if (code.includes(kept)) throw new Error(`The bundle has the name ${kept} already.`);
    edit(statement.start, init.start, `var ${kept};\nfunction ${name}() {\n  return ${kept} ??= (`);
    edit(init.end, statement.end, ");\n}");
  }
  walk(program, (node, above) => {
    const name = node["name"];
    if (node.type !== "Identifier" || typeof name !== "string" || !late.has(name)) return true;
    if (above.type === "VariableDeclarator" && above["id"] === node) return false;
    const isShort = above.type === "Property" && above["shorthand"] === true;
    const isMade = above.type === "NewExpression" && above["callee"] === node;
    const asked = isMade ? `(${name}())` : `${name}()`;
    edit(node.start, node.end, isShort ? `${name}: ${asked}` : asked);
    return false;
  });
  return { code: applied(code, edits), late };
}

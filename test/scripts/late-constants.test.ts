import { expect, it } from "vitest";
import { lateConstants } from "../../scripts/late-constants.ts";

const marked = (code: string, mark: string) => (at: number) => at < code.indexOf(mark);

/** The code with everything above the mark as builders; what ran, in order, when `code` was evaluated. */
async function late(code: string, mark = "// ours") {
  const isBuilder = marked(code, mark);
  const made = await lateConstants(code, { isBuilder, mayWait: (at) => !isBuilder(at) });
  const url = `data:text/javascript,${encodeURIComponent(made.code)}`;
  const module = (await import(url)) as { ran: string[]; ask: () => unknown };
  return { ...module, names: [...made.late].toSorted() };
}

const builders = `var ran = [];
function object(shape) { ran.push("object"); return { shape }; }
function text() { ran.push("text"); return { text: true }; }
var named = {};
named.text = text;
// ours
`;
const exported = "\nexport { ran, ask };";

it("a constant that a builder makes waits until it is asked for, and is made once", async () => {
  const code = `${builders}var Name = text();
var Person = object({ Name, other: Name });
function ask() { return [Person.shape.Name === Name, Person === Person]; }${exported}`;
  const { ran, ask, names } = await late(code);
  expect(names).toEqual(["Name", "Person"]);
  expect(ran).toEqual([]);
  expect(ask()).toEqual([true, true]);
  expect(ran).toEqual(["text", "object"]);
});

it("what is made of constants that wait waits, too: lists, maps, members, classes that are called", async () => {
  const code = `${builders}var Name = named.text();
var All = [Name, ...[Name]];
var ByName = new Map(All.map((one, at) => [at, one]));
var Kind = object(class {}).shape;
var Made = object(function () { this.made = true; }).shape;
function ask() { return [ByName.get(1) === Name, new Made().made]; }${exported}`;
  const { ran, ask, names } = await late(code);
  // A class may do anything where it is written.
  expect(names).toEqual(["All", "ByName", "Made", "Name"]);
  expect(ran).toEqual(["object"]);
  expect(ask()).toEqual([true, true]);
});

it("what a function that only builds makes waits, too; what another function makes does not", async () => {
  const code = `${builders}var short = (max) => named.text(max);
var Name = short(9);
var counted = () => { ran.push("counted"); return named.text(); };
var Counted = counted();
var later = async () => text();
var Later = later();
function ask() { return [Name.text, Counted.text, Later instanceof Promise]; }${exported}`;
  const { ran, ask, names } = await late(code);
  expect(names).toEqual(["Name"]);
  expect(ran).toEqual(["counted", "text", "text"]);
  expect(ask()).toEqual([true, true, true]);
});

it("what does more than build, or is another name further in, is left as it is", async () => {
  const code = `${builders}var log = [];
var Assigned = text();
Assigned = text();
var Shadowed = text();
var Counted = object(log.length++);
var { shape } = object({});
var plain = Object.keys({ a: 1 });
function ask(Shadowed) { return [Shadowed, Assigned.text, Counted.shape, shape, plain]; }${exported}`;
  const { ran, ask, names } = await late(code);
  expect(names).toEqual([]);
  expect(ran).toHaveLength(5);
  expect(ask()).toEqual([undefined, true, 0, {}, ["a"]]);
});

import { expect, it } from "vitest";
import { withoutUncalled } from "../../scripts/uncalled-methods.ts";

const classes = `class Kept {
  static made() { return new Kept(); }
  static unmade() { return this.made(); }
  constructor() { this.value = 1; }
  get size() { return this.value; }
  get weight() { return this.size; }
  said() { return this.deeper(); }
  deeper() { return this.#hidden(); }
  #hidden() { return "hidden"; }
  #forgotten() { return "forgotten"; }
  never() { return this.neither() + this.#forgotten(); }
  neither() { return this.never(); }
  byText() { return "by text"; }
  spelled() { return "spelled"; }
  ["sp" + "elled" + "Apart"]() { return "by an expression"; }
  toString() { return "as text"; }
  *[Symbol.iterator]() { yield 1; }
}
`;
const ours = `// ours
class Ours { unasked() { return 2; } }
const call = (name) => Kept.made()[name]();
export const ask = () => {
  const { said } = Kept.made();
  return [said.call(Kept.made()), call("byText"), \`\${Kept.made()}\`, Kept.made().size, new Ours()];
};
export const Class = Kept;
`;

const lean = async () =>
  withoutUncalled(classes + ours, (at) => at < (classes + ours).indexOf("// ours"));

it("methods that nothing which stays names are gone, whatever they call among each other", async () => {
  const { gone } = await lean();
  expect([...gone].toSorted()).toEqual([
    "forgotten",
    "neither",
    "never",
    "spelled",
    "unmade",
    "weight",
  ]);
});

it("what is called by its name, by a text, by the language or by an expression stays and works", async () => {
  const { code } = await lean();
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    ask(): unknown[];
    Class: { prototype: object };
  };
  const [said, text, printed, size, ours] = module.ask();
  expect([said, text, printed, size]).toEqual(["hidden", "by text", "as text", 1]);
  expect((ours as { unasked(): number }).unasked()).toBe(2);
  const names = Object.getOwnPropertyNames(module.Class.prototype);
  expect(names).toContain("spelledApart");
  expect(names).not.toContain("never");
});

/** Cloudflare's dynamic routes as routes of a policy: both dialects, every element, nothing silent. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { carryCondition } from "#policy/cloudflare-conditions.ts";
import { carryRoutes, NoRoutes } from "#policy/cloudflare-routes.ts";
import { Routes } from "#policy/route-schema.ts";

const to = (elementId: string) => ({ elementId });
const start = (next: string) => ({ id: "start", type: "start", outputs: { next: to(next) } });
const end = { id: "end", type: "end", outputs: {} };
const model = (id: string, provider: string, name: string, fallback?: string, more = {}) => ({
  id,
  type: "model",
  properties: { provider, model: name, ...more },
  outputs: { success: to("end"), ...(fallback === undefined ? {} : { fallback: to(fallback) }) },
});
const graph = (...elements: object[]) => ({ id: "r-1", name: "support", elements });
const carry = (given: unknown, providers = {}) => {
  const carried = carryRoutes(given, providers);
  expect(Routes.safeParse(carried.routes).error).toBeUndefined();
  return carried;
};
const models = [`dynamic/support`];

it("a chain of models is one route's candidates, in order, with their waits and tries", () => {
  const { routes, notes } = carry(
    graph(
      start("a"),
      model("a", "google-ai-studio", "gemini-2.5-flash", "b", { timeout: 30_000, retries: 2 }),
      model("b", "anthropic", "claude-haiku-4-5", "end", { timeout: 5, retries: 9 }),
      end,
    ),
  );
  expect(notes).toEqual([]);
  expect(routes).toEqual([
    {
      name: "support",
      when: { models },
      candidates: [
        {
          provider: "google",
          model: "gemini-2.5-flash",
          priority: 1,
          firstByteMs: 30_000,
          retries: { attempts: 3 },
        },
        {
          provider: "anthropic",
          model: "claude-haiku-4-5",
          priority: 2,
          firstByteMs: 100,
          retries: { attempts: 5 },
        },
      ],
    },
  ]);
});

const fork = (name: string, condition: object) =>
  graph(
    start("if"),
    {
      id: "if",
      type: "conditional",
      properties: { [name]: condition },
      outputs: { true: to("a"), false: to("b") },
    },
    model("a", "openai", "gpt-a"),
    model("b", "openai", "gpt-b"),
    end,
  );
const seen = (given: unknown) =>
  carry(given).routes.map(({ when, candidates }) => {
    const { models: _models, ...rest } = when;
    return [rest, candidates[0]?.model];
  });

describe("conditions", () => {
  it.each(["condition", "conditions"])("as the docs and the SDKs name them: %s", (name) => {
    expect(seen(fork(name, { "metadata.plan": { $eq: "free" } }))).toEqual([
      [{ metadata: { plan: ["free"] } }, "gpt-a"],
      [{}, "gpt-b"],
    ]);
  });

  it.each([
    [{ "metadata.plan": { $ne: "free" } }, { metadata: { plan: ["free"] } }],
    [{ "metadata.plan": { $nin: ["free", "trial"] } }, { metadata: { plan: ["free", "trial"] } }],
    [{ $not: { "metadata.plan": "free" } }, { metadata: { plan: ["free"] } }],
  ])("a denial is asked the other way round: %j", (condition, when) => {
    expect(seen(fork("condition", condition))).toEqual([
      [when, "gpt-b"],
      [{}, "gpt-a"],
    ]);
  });

  it.each([
    [{ "metadata.n": { $gt: 1, $lte: 5 } }, [{ metadata: { n: { above: 1, atMost: 5 } } }]],
    [{ "headers.X-Team": "red" }, [{ headers: { "x-team": ["red"] } }]],
    [{ "body.stream": true }, [{ stream: true }]],
    [{ "metadata.a": { $exists: true } }, [{ metadata: { a: { present: true } } }]],
    [{ "metadata.a": 1, "metadata.b": 2 }, [{ metadata: { a: [1], b: [2] } }]],
    [
      { $and: [{ "metadata.a": { $in: [1, 2] } }, { "metadata.a": 2 }] },
      [{ metadata: { a: [2] } }],
    ],
    [
      { $and: [{ "metadata.a": { $gt: 1 } }, { "metadata.a": { $gt: 3 } }] },
      [{ metadata: { a: { above: 3 } } }],
    ],
    [
      { $or: [{ "metadata.a": 1 }, { "metadata.b": 2 }] },
      [{ metadata: { a: [1] } }, { metadata: { b: [2] } }],
    ],
    [{ $and: [{ "metadata.a": 1 }, { "metadata.a": 2 }] }, []],
  ])("%j", (condition, alternatives) => {
    expect(carryCondition(condition)).toEqual({ alternatives, negated: false });
  });

  it.each([
    { "body.messages": { $size: 2 } },
    { "metadata.a": { $regex: "x" } },
    { "metadata.a": "a*" },
    { "metadata.a": { $eq: 1, $gt: 0 } },
    { $where: "1" },
    "metadata.a == 1",
  ])("what cannot be said is named, and its branch left out: %j", (condition) => {
    const { routes, notes } = carry(fork("condition", condition as object));
    expect(routes).toMatchObject([{ candidates: [{ model: "gpt-b" }] }]);
    expect(notes).toEqual([expect.stringContaining('element "if"')]);
  });
});

const split = (id: string, ports: Record<string, string>) => ({
  id,
  type: "percentage",
  outputs: Object.fromEntries(Object.entries(ports).map(([port, next]) => [port, to(next)])),
});

it("shares are parts of one draw, the rest goes to else, and shares of shares are parts of parts", () => {
  const found = seen(
    graph(
      start("p"),
      split("p", { "10%": "a", "50%": "q", else: "b" }),
      split("q", { "20%": "a", else: "c" }),
      model("a", "openai", "gpt-a"),
      model("b", "openai", "gpt-b"),
      model("c", "openai", "gpt-c"),
      end,
    ),
  );
  const draw = "support-p";
  expect(found).toEqual([
    [{ share: { from: 0, to: 10, draw } }, "gpt-a"],
    [{ share: { from: 10, to: 20, draw } }, "gpt-a"],
    [{ share: { from: 20, to: 60, draw } }, "gpt-c"],
    [{ share: { from: 60, to: 100, draw } }, "gpt-b"],
  ]);
});

it.each([
  [
    "rate_limit",
    { limitType: "cost", key: "metadata.user", limit: 5, interval: 3600 },
    "5 US dollars in 3600 seconds",
  ],
  [
    "rate",
    { limitType: "count", key: "metadata.user", limit: 100, window: 60 },
    "100 requests in 60 seconds",
  ],
])("a limit (%s) is named with its numbers, and what falls back too", (type, properties, told) => {
  const { routes, notes } = carry(
    graph(
      start("l"),
      { id: "l", type, properties, outputs: { success: to("a"), fallback: to("b") } },
      model("a", "openai", "gpt-a"),
      model("b", "openai", "gpt-b"),
      end,
    ),
  );
  expect(routes).toMatchObject([{ candidates: [{ model: "gpt-a" }] }]);
  expect(notes.join()).toContain(told);
  expect(notes.join()).toContain('"b"');
});

it("ways without a model, unknown elements and what follows a success are named", () => {
  const { notes } = carry(
    graph(
      start("m"),
      { ...model("m", "openai", "gpt-a", "x"), outputs: { success: to("x"), fallback: to("x") } },
      { id: "x", type: "teleport", outputs: {} },
    ),
  );
  expect(notes).toHaveLength(2);
  expect(carry(graph(start("end"), end)).notes.join()).toContain("ends without a model");
});

it.each([
  ["an API answer", (route: object) => ({ success: true, result: route })],
  ["a list", (route: object) => ({ result: { data: { routes: [route] } } })],
  [
    "a version",
    (route: { elements: unknown }) => ({
      name: "support",
      version: { data: JSON.stringify(route.elements) },
    }),
  ],
])("is found in %s", (_name, wrap) => {
  const route = graph(start("a"), model("a", "grok", "grok-4"), end);
  expect(carry(wrap(route), { grok: "our-xai" }).routes[0]?.candidates[0]?.provider).toBe(
    "our-xai",
  );
});

it("circles, graphs without a start and other files are refused", () => {
  const circle = graph(start("a"), model("a", "openai", "x", "b"), model("b", "openai", "y", "a"));
  for (const wrong of [circle, graph(end), {}, [], "text", { name: "x", elements: [] }]) {
    const given = Array.isArray(wrong) ? [{}] : wrong;
    expect(() => carryRoutes(given, {})).toThrow(NoRoutes);
  }
});

it("the command prints the policy's section, and what is lost on the side", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tallygate-import-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "route.json");
  writeFileSync(file, JSON.stringify(graph(start("a"), model("a", "openai", "gpt-a"), end)));
  const root = path.resolve(import.meta.dirname, "../..");
  const node = path.join(root, "node_modules/.bin/node");
  const args = [path.join(root, "scripts/cli/main.ts"), "policy", "import-cf", file];
  const out = execFileSync(node, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  expect(JSON.parse(out)).toMatchObject({ routes: [{ name: "support", when: { models } }] });
});

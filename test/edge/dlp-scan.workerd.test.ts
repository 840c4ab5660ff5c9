/** Trying a text against data rules: those in force, or a draft's. */
import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { app } from "#edge/app.ts";
import { bindings, founding, stubOf } from "../actors/policy/admin.ts";

const card = { id: "card", detector: "payment-card", directions: ["prompt"], action: "redact" };

test("without rules those in force are tried, with rules only those are, and own patterns have a cost", async () => {
  const setup = founding("scans");
  const policy = { ...setup.policy, dlp: { rules: [card] } };
  const reply = await stubOf("scans").found({ ...setup, policy });
  if (!reply.ok) throw new Error(reply.message);
  let costs: Record<string, string> = {};
  const scan = async (rules?: unknown[]) => {
    const body = JSON.stringify({
      text: "my card is 4111 1111 1111 1111",
      ...(rules && { rules }),
    });
    const headers = { authorization: `Bearer ${reply.keys["ada"]}` };
    const request = new Request("https://gateway.test/dlp/scan", { method: "POST", headers, body });
    const answer = await app.fetch(request, bindings, createExecutionContext());
    const { findings, patternCosts } = await answer.json<{
      findings: { rule: string }[];
      patternCosts: Record<string, string>;
    }>();
    costs = patternCosts;
    return findings.map(({ rule }) => rule);
  };
  expect(await scan()).toEqual(["card"]);
  expect(await scan([])).toEqual([]);
  expect(await scan([{ ...card, id: "draft" }])).toEqual(["draft"]);
  expect(costs).toEqual({});
  const { detector: _detector, ...own } = card;
  expect(await scan([{ ...own, pattern: { source: "4[0-9]{3} 1111" } }])).toEqual(["card"]);
  expect(costs).toEqual({ card: "small" });
});

/** Stories of those who look back: a decision explained, evidence taken away. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hasChromium, setStage, seriousFaults } from "./stage.ts";

describe.runIf(hasChromium)("looking back in a browser", () => {
  const stage = setStage();
  const { signIn, chat, go } = stage;

  test("a decision is explained, made again to the letter, and taken away as evidence", async () => {
    const answer = await chat(stage.gateway.keys.alice, "why was I let in?");
    const id = answer.headers.get("x-request-id") ?? "";
    const page = await signIn(stage.gateway.keys.auditor);
    await expect
      .poll(async () => {
        await go(page, `requests/${id}`);
        return page.getByRole("heading", { name: "Chain" }).isVisible();
      })
      .toBe(true);
    await page.getByRole("button", { name: "Explain this decision" }).click();
    await page.getByText("the same", { exact: true }).waitFor();
    await page.getByRole("row", { name: /requests-per-minute.*60/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Evidence" }).click(),
    ]);
    const evidence = JSON.parse(readFileSync(await download.path(), "utf8")) as {
      events: unknown[];
      segments: unknown[];
    };
    expect(evidence.events.length).toBeGreaterThanOrEqual(2);
    expect(evidence.segments.length).toBeGreaterThanOrEqual(1);
  });
});

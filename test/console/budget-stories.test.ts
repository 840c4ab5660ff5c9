/** Stories of those who watch the money: where everybody stands, and a limit that is cut. */
import { describe, expect, test } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { fits, hasChromium, seriousFaults, setStage } from "./stage.ts";

describe.runIf(hasChromium)("budgets in a browser", () => {
  const stage = setStage();
  const { signIn, chat, go } = stage;

  test("the organisation, its teams and their users stand in a tree, and a cut is shown before and after", async () => {
    const { url, keys } = stage.gateway;
    const client = await AdminClient.open({ url, key: keys.admin });
    const member = { id: "alice", role: "member" as const, tier: "standard", team: "red" };
    await client.ask({ type: "SetMember", member });
    const { document, version } = await client.ask({ type: "GetPolicy" });
    const budgets = [
      { name: "all", limitUsd: 100, scope: "organisation" },
      { name: "team", limitUsd: 10, scope: "team", parent: "all" },
      { name: "month", limitUsd: 5 },
    ];
    const { limits } = document as PolicyDocument;
    const shared = {
      name: "reds-share",
      metric: "requests",
      limit: 1_000,
      windowMs: 60_000,
      scope: "team",
    };
    await client.ask({
      type: "PublishPolicy",
      expectVersion: Number(version),
      document: { ...(document as PolicyDocument), budgets, limits: [...limits, shared] },
      comment: "a tree",
    });
    await expect
      .poll(async () => (await chat(keys.alice, "hello")).headers.get("x-tallygate-budget"), {
        timeout: 60_000,
      })
      .toContain("team");
    client.close();
    for (const prompt of ["one more", "and one"]) await chat(keys.alice, prompt);
    const page = await signIn(keys.admin);
    await go(page, "budgets");
    await page.getByRole("meter", { name: "organisation: settled and held" }).waitFor();
    await page.getByText("1 draws on it").first().click();
    await page.getByRole("meter", { name: "red: settled and held" }).first().waitFor();
    const own = page.getByRole("meter", { name: "alice: settled and held" });
    await expect
      .poll(() => own.last().getAttribute("aria-valuetext"))
      .toMatch(/settled and .* held of \$/);
    expect(await seriousFaults(page)).toEqual([]);
    const card = page.locator("section.card", { hasText: "team: $10 a month" });
    await card.getByRole("button", { name: "Change limit" }).click();
    await page.getByLabel(/Dollars, now 10/).fill("0");
    await page.getByText(/Over it at once, by what is settled and held: red/).waitFor();
    await page.getByLabel(/Dollars, now 10/).fill("8");
    await page.getByText("Nobody is over it now.").waitFor();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByText("Its limits are effective at every shared budget").waitFor({
      timeout: 60_000,
    });
    await page.getByRole("button", { name: "Close" }).click();
    // A rate's new number is tried on what was recorded before it is published.
    await page.getByRole("button", { name: "Change requests-per-minute" }).click();
    await page.getByLabel(/Requests, now/).fill("1");
    const effect = page.getByTestId("effect");
    await effect.getByText(/it would have refused \d+ requests? that passed/).waitFor();
    await effect.getByText(/alice: \d+ refused/).waitFor();
    await page.getByLabel(/Requests, now/).fill("1000");
    await effect.getByText(/none would have been decided otherwise/).waitFor();
    await fits(page);
    await page.getByRole("button", { name: "Cancel" }).last().click();
    await page.getByRole("button", { name: "Change reds-share" }).click();
    await page.getByLabel(/Requests, now/).fill("1");
    await effect.getByText(/requests? came when it would have been used up/).waitFor();
    await effect.getByText(/red: at most \d+ requests/).waitFor();
    await page.getByRole("button", { name: "Cancel" }).last().click();
    const after = page.locator("section.card", { hasText: "team: $8 a month" });
    await after.getByText(/^effective, version 3$/).waitFor();
    await fits(page);
  }, 240_000);
});

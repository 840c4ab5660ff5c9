/** Stories of those who watch the money: where everybody stands, and a limit that is cut. */
import { describe, expect, test } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
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
    await client.ask({
      type: "PublishPolicy",
      expectVersion: Number(version),
      document: { ...(document as object), budgets },
      comment: "a tree",
    });
    await expect
      .poll(async () => (await chat(keys.alice, "hello")).headers.get("x-tallygate-budget"), {
        timeout: 60_000,
      })
      .toContain("team");
    client.close();
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
    const after = page.locator("section.card", { hasText: "team: $8 a month" });
    await after.getByText(/^effective, version 3$/).waitFor();
    await fits(page);
  }, 240_000);
});

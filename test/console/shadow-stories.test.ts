/** A story of a draft that is tried on live requests before it holds. */
import { describe, expect, test } from "vitest";
import { fits, hasChromium, setStage } from "./stage.ts";

describe.runIf(hasChromium)("a draft in the shadow in a browser", () => {
  const stage = setStage();
  const { signIn, chat, go } = stage;

  test("it decides live requests beside, its report follows them, and it is stopped or published", async () => {
    const { keys } = stage.gateway;
    const page = await signIn(keys.admin);
    await go(page, "policy");
    const start = page.getByRole("button", { name: "Put the draft into the shadow" });
    await start.waitFor();
    expect(await start.isDisabled()).toBe(true);
    const editor = page.getByLabel("The policy as JSON");
    const document = JSON.parse(await editor.inputValue()) as { models: object };
    const models = { ...document.models, deny: ["gpt-4o-mini"] };
    await editor.fill(JSON.stringify({ ...document, models }, null, 2));
    await start.click();
    await page.getByText("beside live requests").waitFor();
    await page.getByText(/^Nothing was decided beside it yet/).waitFor();
    const differs = page.getByText(/^Of \d+ live requests [1-9]\d* would differ/);
    await expect
      .poll(
        async () => {
          expect((await chat(keys.alice, "hello")).status).toBe(200);
          return differs.isVisible();
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toBe(true);
    const found = page.getByRole("region", { name: "What would differ" });
    await page.getByLabel("Member").check();
    await found.getByRole("row", { name: /^alice .* refused otherwise/ }).waitFor();
    await fits(page);
    const onlooker = await signIn(keys.auditor);
    await go(onlooker, "policy");
    await onlooker.getByText("beside live requests").waitFor();
    expect(await onlooker.getByRole("button", { name: "Stop", exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText(/^Draft \d+ has ended/).waitFor();
    await onlooker.getByText(/^Draft \d+ has ended/).waitFor();
    await differs.waitFor();
    await start.click();
    await page.getByRole("button", { name: "Publish this draft" }).click();
    await page.getByText("Version 2 is in force everywhere").waitFor({ timeout: 60_000 });
    expect((await chat(keys.alice, "hello")).status).toBe(400);
    await page.goto(`${stage.gateway.url}/console/requests?user=alice&outcome=completed`);
    await page.locator("a.row").first().click();
    await page.getByText(/in the shadow decided too/).waitFor();
    await page.getByText(/^It would refuse: /).waitFor();
  }, 240_000);
});

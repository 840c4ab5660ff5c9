/** Stories of those who decide: a form, what if, two admins who have to agree. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { PolicyDocument } from "#policy/document.ts";
import { emptyResult } from "#projections/what-if/result.ts";
import { noTexts } from "#projections/what-if/texts.ts";
import { AdminClient } from "../../scripts/policy-client.ts";
import { hasChromium, seriousFaults, setStage } from "./stage.ts";

const editorOf = (page: Page) => page.getByLabel("The policy as JSON");
const documentOf = async (page: Page) => JSON.parse(await editorOf(page).inputValue()) as unknown;

describe.runIf(hasChromium)("the policy in a browser", () => {
  const stage = setStage();
  const { signIn, chat, go } = stage;

  test("the form and the text are one document, with help and problems in their places", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "policy");
    await editorOf(page).waitFor();
    await page.getByText("Form", { exact: true }).click();
    await page.locator("summary", { hasText: "limits" }).click();
    await page.locator("summary", { hasText: "requests-per-minute" }).click();
    await page.getByText("60,000 is a minute").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByLabel("limit", { exact: true }).fill("90");
    await page.getByLabel("limit", { exact: true }).press("Tab");
    await page.getByText("limits.requests-per-minute.limit").waitFor();
    await page.getByLabel("windowMs", { exact: true }).fill("5");
    await page.getByLabel("windowMs", { exact: true }).press("Tab");
    await page.locator(".field[data-problem]").getByText(/1000/).waitFor();
    await page.getByRole("button", { name: /^Line \d+: limits\[0\]\.windowMs/ }).click();
    await editorOf(page).waitFor();
    expect(await documentOf(page)).toMatchObject({ limits: [{ limit: 90, windowMs: 5 }] });
    await page.getByRole("button", { name: "Discard changes" }).click();
  });

  test("an edit is seen beside the live version, tried on a text, published, and rolled back", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "policy");
    const editor = editorOf(page);
    const live = (await documentOf(page)) as PolicyDocument;
    const rules = live.dlp.rules.map((rule) =>
      rule.id === "payment-card" ? { ...rule, action: "block" } : rule,
    );
    const badges = {
      ...rules[0],
      id: "badges",
      detector: undefined,
      pattern: { source: "B-[0-9]{4}" },
    };
    const edited = {
      ...live,
      budgets: [{ ...live.budgets[0], limitUsd: 6 }],
      dlp: { rules: [...rules, badges] },
    };
    await editor.fill(JSON.stringify(edited, null, 2));
    await page.getByText("Changes of the live version (3)").waitFor();
    const changes = page.locator("section", { hasText: "Changes of the live version" });
    expect(await changes.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringMatching(/^budgets\.month\.limitUsd\s+before:\s+5\s+after:\s+6$/),
      expect.stringMatching(
        /^dlp\.rules\.payment-card\.action\s+before:\s+"redact"\s+after:\s+"block"$/,
      ),
      expect.stringMatching(/^dlp\.rules\.badges\s+after:/),
    ]);
    await page.getByText("the draft's rules").waitFor();
    await page.getByLabel(/It is checked as/).fill("card 4111 1111 1111 1111");
    const tryIt = page.getByRole("button", { name: "Try" });
    await tryIt.click();
    await page.getByText("blocked by payment-card").waitFor();
    await page.getByText("each a pass over the text: badges (small)").waitFor();
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.getByText("live rules").waitFor();
    await tryIt.click();
    await page.getByText("payment-card: redact ×1").waitFor();
    expect(await page.locator("pre.json").innerText()).not.toContain("4111");
    await editor.fill(JSON.stringify(edited, null, 2));
    await page.getByRole("button", { name: "Publish as version 2" }).click();
    await page.getByText("Version 2 is in force everywhere").waitFor();
    await page.getByRole("button", { name: "Roll back to version 1" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("dlp.rules.payment-card.action").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Publish it as version 3" }).click();
    await page.getByText("Version 3 is in force everywhere").waitFor();
    await page.getByText("back to version 1 · version 1 again").waitFor();
    expect(await documentOf(page)).toEqual(live);
  }, 240_000);

  test("a draft is asked what it would have changed, with the requests that it would", async () => {
    for (let n = 0; n < 3; n += 1) await chat(stage.gateway.keys.alice, `question ${n}`);
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "policy");
    const editor = editorOf(page);
    await editor.fill((await editor.inputValue()).replace('"limit": 60', '"limit": 1'));
    await page.getByText("Changes of the live version (1)").waitFor();
    await expect
      .poll(
        async () => {
          await page.getByRole("button", { name: "Ask" }).click();
          return page.getByTestId("what-if-result").locator("p").first().textContent();
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toMatch(/it would have refused [12] requests? that passed/);
    await page.getByRole("row", { name: /gpt-4o-mini/ }).waitFor();
    await page.getByText(/requests that change, the oldest first/).click();
    await page.getByText("by requests-per-minute").first().waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Discard changes" }).click();
  });

  test("a long question shows how far it is and can be cancelled", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    const held = Promise.withResolvers<void>();
    await page.route("**/policy/what-if", async (route) => {
      await held.promise;
      await route.abort().catch(() => {});
    });
    await go(page, "policy");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByRole("progressbar", { name: "Events looked at" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Stopped.").waitFor();
    held.resolve();
  });

  test("who may has kept texts read again, sees how many, what came of it, and a refusal", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "policy");
    const editor = editorOf(page);
    await editor.waitFor();
    const again = page.getByLabel("read them again");
    expect(await again.count()).toBe(0);
    const payloads = ',\n  "payloads": { "mode": "redacted", "readers": ["admin", "auditor"] }\n}';
    await editor.fill((await editor.inputValue()).replace(/\n\}$/, payloads));
    await page.getByRole("button", { name: /^Publish as version/ }).click();
    await page.getByText(/is in force everywhere/).waitFor({ timeout: 60_000 });
    await again.check();
    const result = { ...emptyResult(), newlyRedacted: 2, texts: { ...noTexts(), read: 7 } };
    const asked: unknown[] = [];
    await page.route("**/policy/what-if", async (route) => {
      asked.push(route.request().postDataJSON());
      const refused = { error: { message: "What is kept of texts is for nobody." } };
      if (asked.length > 1) return route.fulfill({ status: 403, json: refused });
      return route.fulfill({
        body: [{ texts: 7 }, { result }].map((line) => JSON.stringify(line)).join("\n"),
      });
    });
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByText("Texts of 7 requests were read again.").waitFor();
    await page.getByText("Newly hidden in").waitFor();
    expect(asked).toMatchObject([{ texts: true }]);
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByText("What is kept of texts is for nobody.").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
  });

  test("where two have to agree, one proposes and the other reviews and approves", async () => {
    const ada = await signIn(stage.gateway.keys.admin);
    const client = await AdminClient.open({
      url: stage.gateway.url,
      key: stage.gateway.keys.admin,
    });
    await client.ask({ type: "SetMember", member: { id: "eve", role: "admin", tier: "" } });
    const { key } = await client.ask({ type: "IssueKey", member: "eve", label: "second" });
    client.close();
    const eve = await signIn(String(key));
    await go(ada, "policy");
    const editor = editorOf(ada);
    const text = await editor.inputValue();
    await editor.fill(text.replace(/\n\}$/, ',\n  "approvals": { "publish": 2 }\n}'));
    await ada.getByRole("button", { name: /^Publish as version/ }).click();
    await ada.getByText(/is in force everywhere/).waitFor({ timeout: 60_000 });
    await editor.fill((await editor.inputValue()).replace('"limitUsd": 5', '"limitUsd": 7'));
    await ada.getByLabel("Comment, for the history").fill("more for everybody");
    await ada.getByRole("button", { name: /^Propose as version/ }).click();
    await ada.getByText("Another admin has to approve it").waitFor();
    await ada.getByRole("button", { name: "Review" }).click();
    await ada.getByText("It is your own").waitFor();
    expect(await ada.getByRole("button", { name: /^Approve/ }).count()).toBe(0);
    await go(eve, "policy");
    await eve.getByText("more for everybody").waitFor();
    await eve.getByRole("button", { name: "Review" }).click();
    await eve.getByRole("dialog").getByText("budgets.month.limitUsd").waitFor();
    expect(await seriousFaults(eve)).toEqual([]);
    await eve.getByRole("button", { name: /^Approve and publish/ }).click();
    await eve.getByText(/is in force everywhere/).waitFor({ timeout: 60_000 });
    expect(await documentOf(eve)).toMatchObject({ budgets: [{ limitUsd: 7 }] });
  }, 240_000);
});

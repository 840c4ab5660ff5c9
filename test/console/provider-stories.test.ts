/** A story of who looks after the providers. */
import { describe, expect, test } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { fits, hasChromium, setStage } from "./stage.ts";

describe.runIf(hasChromium)("the providers in a browser", () => {
  const stage = setStage();
  const { signIn, chat, go } = stage;

  test("one that fails shows its circuit open with its faults, while another answers; live", async () => {
    const { url, keys } = stage.gateway;
    const client = await AdminClient.open({ url, key: keys.admin });
    const { document, version } = await client.ask({ type: "GetPolicy" });
    const { providers, tiers } = document as {
      providers: object;
      tiers: Record<"standard", { candidates: object[] }>;
    };
    const ill = { provider: "ill", serves: ["gpt-4o-mini"], priority: 1 };
    const standard = { ...tiers.standard, candidates: [ill, ...tiers.standard.candidates] };
    const inForce = new Promise<void>((resolve) => {
      client.listen(({ type }) => type === "PolicyInForce" && resolve());
    });
    await client.ask({
      type: "PublishPolicy",
      expectVersion: Number(version),
      document: {
        ...(document as object),
        providers: {
          ...providers,
          // Nothing listens at this port.
          ill: {
            kind: "openai",
            baseUrl: "http://127.0.0.1:9/v1",
            credentials: [{ alias: "main", secret: "DEV_UPSTREAM_KEY" }],
          },
        },
        tiers: { ...tiers, standard },
      },
      comment: "one more",
    });
    await inForce;
    client.close();
    const page = await signIn(keys.auditor);
    await go(page, "providers");
    const card = page
      .locator("section.card")
      .filter({ has: page.getByRole("link", { name: "ill" }) });
    await card.getByText("circuit closed").first().waitFor();
    await card.getByText("not asked lately").waitFor();
    for (let call = 0; call < 6; call += 1) {
      expect((await chat(keys.alice, "hello")).status).toBe(200);
    }
    // Nobody asks for the page anew: the requests tell it.
    await card
      .getByText(/circuit open/)
      .first()
      .waitFor({ timeout: 60_000 });
    await card.getByText("100% of calls failed").waitFor();
    await card.getByRole("row", { name: /^main DEV_UPSTREAM_KEY.* 5 5$/ }).waitFor();
    await card.getByText(/, among the last 200 requests$/).waitFor();
    await fits(page);
  }, 240_000);

  test("a price is corrected for the past once its effect was seen, and a call's worth is said", async () => {
    const { keys } = stage.gateway;
    const answer = await chat(keys.alice, "what do you cost?", { model: "gpt-4o" });
    const id = answer.headers.get("x-request-id") ?? "";
    const page = await signIn(keys.admin);
    // It may not be in the books yet, and shows up by itself.
    await go(page, `requests/${id}`);
    await page.getByRole("button", { name: "Give feedback" }).waitFor();
    await page.getByText("Bad", { exact: true }).click();
    await page.getByLabel("Score, 0 to 100").fill("20");
    await page.getByRole("button", { name: "Give feedback" }).click();
    await page.getByText("20 of 100").waitFor();
    await fits(page);
    await go(page, "providers");
    await page.getByText("No price was corrected").waitFor();
    await page.getByRole("button", { name: "Correct a price" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Model").fill("gpt-4o");
    await dialog.getByLabel("Admitted from").last().fill("2026-01-01T00:00");
    const until = await page.evaluate<string>(
      "new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 19)",
    );
    await dialog.getByLabel("Admitted before").last().fill(until);
    await dialog.getByLabel("Input, $ per million tokens").fill("1000");
    await dialog.getByLabel("Output, $ per million tokens").fill("1000");
    await fits(page);
    await dialog.getByRole("button", { name: "Show the effect" }).click();
    await dialog.getByText(/^1 call of 1 member: \$.* → \$/).waitFor();
    await dialog.getByRole("button", { name: "Correct it" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("row", { name: /gpt-4o.*1 call of 1 member/ }).waitFor();
    await fits(page);
    await go(page, `requests/${id}`);
    await page.getByText("Booked at first").waitFor();
  }, 240_000);
});

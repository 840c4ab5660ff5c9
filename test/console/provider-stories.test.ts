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
});

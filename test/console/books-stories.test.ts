/** Stories of those who read the books: how it went, what policy did, and who used most. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { hasChromium, seriousFaults, setStage } from "./stage.ts";

/** Whether a page is wider than its window. */
const isTooWide = "document.documentElement.scrollWidth > innerWidth";

/** Both themes, the narrow ones on a phone: nothing serious for axe, nothing wider than its window. */
const fits = async (page: Page): Promise<void> => {
  for (const [colorScheme, width] of [
    ["light", 1280],
    ["dark", 360],
    ["light", 360],
    ["dark", 1280],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    expect([await seriousFaults(page), await page.evaluate(isTooWide)]).toEqual([[], false]);
  }
};

describe.runIf(hasChromium)("the books in a browser", () => {
  const stage = setStage();
  const { signIn, chat } = stage;

  test("the overview tells percentiles, what policy did, and who used most, over any period", async () => {
    const { keys } = stage.gateway;
    await chat(keys.alice, "my card is 4111 1111 1111 1111");
    await chat(keys.bob, "hello");
    const page = await signIn(keys.auditor);
    const redacted = page.getByRole("row", { name: /Redacted by data rules/ });
    await expect.poll(() => redacted.textContent(), { timeout: 20_000 }).toMatch(/1$/);
    const latency = page.getByRole("row", { name: /^Latency/ });
    expect(await latency.getByText("≤").count()).toBe(3);
    await page.getByLabel("User", { exact: true }).check();
    await page.getByLabel("Largest by").selectOption("dlpRedacted");
    await page.getByRole("columnheader", { name: "Redacted" }).waitFor();
    const table = page.getByRole("table", { name: "The largest by redacted" });
    await table.getByRole("row").nth(1).getByText("alice").waitFor();
    expect(page.url()).toContain("by=user&sort=dlpRedacted");
    await fits(page);
    await page.getByLabel("Other").check();
    await page.getByLabel("From").fill("2020-01-01T00:00");
    await page.getByLabel("Until").fill("2020-01-02T00:00");
    await page.getByText("No requests in this period").waitFor();
    await fits(page);
  }, 60_000);
});

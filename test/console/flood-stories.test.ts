/** Stories of much: a tail of 500 events a second, and a list of a hundred thousand. */
import type { Page, WebSocketRoute } from "playwright-core";
import { describe, expect, test } from "vitest";
import { fits, hasChromium, sampleEntry, setStage } from "./stage.ts";

/** Counts the frames that the browser draws. */
const countFrames = `
  window.frames = 0;
  requestAnimationFrame(function tick() { window.frames += 1; requestAnimationFrame(tick); });
`;
const framesOf = (page: Page): Promise<number> => page.evaluate<number>("Number(window.frames)");

/** Rows that are drawn at most, however long the list is. */
const drawnMax = 60;
const perSecond = 500;
const ticksPerSecond = 50;

/** Sends a second's events at their pace, from `first` on. */
async function second(socket: WebSocketRoute, first: number): Promise<void> {
  for (let tick = 0; tick < ticksPerSecond; tick += 1) {
    for (let n = 0; n < perSecond / ticksPerSecond; n += 1) {
      const entry = sampleEntry(first + (tick * perSecond) / ticksPerSecond + n);
      socket.send(JSON.stringify({ entry }));
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 1_000 / ticksPerSecond);
    });
  }
}

describe.runIf(hasChromium)("much at once in a browser", () => {
  const stage = setStage();
  const { signIn, go } = stage;

  test("500 events a second are all counted while frames go on, few rows are drawn, and a pause holds", async () => {
    const page = await signIn(stage.gateway.keys.auditor);
    let socket: WebSocketRoute | undefined;
    await page.routeWebSocket(/\/audit\/tail/, (route) => {
      socket = route;
    });
    await page.addInitScript(countFrames);
    await go(page, "requests?user=crowd");
    await page.getByText("Live", { exact: true }).waitFor();
    const tail = socket!;
    for (let turn = 0; turn < 4; turn += 1) {
      const before = await framesOf(page);
      await second(tail, turn * perSecond);
      await expect.poll(() => framesOf(page)).toBeGreaterThan(before);
      expect(await page.locator("a.row").count()).toBeLessThan(drawnMax);
    }
    await page.getByText("2,000 loaded").waitFor({ timeout: 120_000 });
    await page.getByRole("button", { name: "Pause" }).click();
    const top = page.locator("a.row[data-row='0']");
    const shown = await top.getAttribute("href");
    await second(tail, 2_000);
    await page.getByRole("button", { name: "500 new" }).waitFor();
    expect(await top.getAttribute("href")).toBe(shown);
    await page.getByRole("button", { name: "Follow" }).click();
    await page.getByText("2,500 loaded").waitFor();
    expect(await top.getAttribute("href")).not.toBe(shown);
    await fits(page);
  }, 240_000);

  test("a hundred thousand requests are scrolled through, of which only those in view are drawn", async () => {
    const total = 100_000;
    const page = await signIn(stage.gateway.keys.auditor);
    await page.route(/\/audit\/events\?/, (route) => {
      const events = Array.from({ length: total }, (_, n) => sampleEntry(total - 1 - n));
      return route.fulfill({ json: { events, nextCursor: null } });
    });
    await go(page, "requests?user=crowd&to=1800000000000");
    await page.getByText("100k loaded, that is all").waitFor({ timeout: 60_000 });
    const rows = page.locator("a.row");
    const list = page.locator(".rows");
    const first = () => rows.first().getAttribute("data-row").then(Number);
    for (const share of [0.25, 0.5, 0.75]) {
      await list.evaluate((box, part) => {
        const scrolled = box as unknown as { scrollTop: number; scrollHeight: number };
        scrolled.scrollTop = scrolled.scrollHeight * part;
      }, share);
      await expect.poll(first).toBeGreaterThan(total * share - 100);
      expect(await rows.count()).toBeLessThan(drawnMax);
    }
    await rows.first().focus();
    await page.keyboard.press("End");
    await expect
      .poll(() => page.evaluate("document.activeElement?.getAttribute('data-row')"))
      .toBe(String(total - 1));
    expect(await rows.count()).toBeLessThan(drawnMax);
    await page.keyboard.press("Home");
    await expect
      .poll(() => page.evaluate("document.activeElement?.getAttribute('data-row')"))
      .toBe("0");
    await fits(page);
  }, 240_000);
});

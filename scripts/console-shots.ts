/**
 * Pictures of every page of the console, in both themes, from a gateway with some traffic.
 *
 * `node scripts/console-shots.mjs [--out DIR] [--width N]`: for the documentation `docs/images`.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { findChromium, openBrowser } from "./browser.ts";
import { eraseBob, makeTraffic } from "./console-traffic.ts";
import { root } from "./from-wrangler.ts";
import { launch } from "./gateway.ts";

const pages = ["", "requests", "budgets", "policy", "members", "audit", "providers"];

const { values } = parseArgs({
  options: {
    out: { type: "string", default: path.join(root, "docs", "images") },
    width: { type: "string", default: "1440" },
    only: { type: "string" },
    theme: { type: "string" },
  },
});

async function shoot(browser: Browser, link: string, theme: "light" | "dark"): Promise<void> {
  const width = Number(values.width);
  const context = await browser.newContext({
    viewport: { width, height: width < 700 ? 780 : 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") process.stderr.write(`${page.url()}: ${message.text()}\n`);
  });
  await page.goto(link);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  for (const name of pages) {
    if (values.only !== undefined && values.only !== (name || "overview")) continue;
    await page.goto(new URL(`/console/${name}`, link).href);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator(".skeleton").first().waitFor({ state: "detached" });
    // Charts come with their own chunk and draw once they are measured.
    if (name === "") await page.locator("canvas").nth(1).waitFor();
    await page.waitForTimeout(400);
    const file = `console-${name || "overview"}-${theme}.png`;
    await page.screenshot({ path: path.join(values.out, file) });
  }
  if (values.only === undefined || values.only === "erasure") await shootErasure(page, link, theme);
  if (values.only === undefined || values.only === "request") {
    await page.goto(new URL("/console/requests", link).href);
    await page.locator("a.row").first().click();
    await page.getByRole("heading", { name: "Chain" }).waitFor();
    await page.waitForTimeout(400);
    await page.screenshot({ path: path.join(values.out, `console-request-${theme}.png`) });
  }
  await context.close();
}

/** A person who was erased, with the proof open. */
async function shootErasure(page: Page, link: string, theme: "light" | "dark"): Promise<void> {
  await page.goto(new URL("/console/audit/persons", link).href);
  await page.getByText("The proof for bob").click();
  await page.waitForTimeout(400);
  await page.screenshot({ path: path.join(values.out, `console-erasure-${theme}.png`) });
}

const chromium = findChromium();
if (chromium === undefined)
  throw new Error("No Chromium was found: install it or set CHROMIUM_PATH.");
const state = mkdtempSync(path.join(tmpdir(), "tallygate-shots-"));
mkdirSync(values.out, { recursive: true });
const gateway = await launch({ port: 0, state, devVars: false, console: true });
const browser = await openBrowser(chromium);
try {
  await makeTraffic(gateway);
  await eraseBob(gateway);
  // What happened is in the books within two seconds.
  await new Promise((resolve) => {
    setTimeout(resolve, 2_500);
  });
  for (const theme of ["light", "dark"] as const) {
    if (values.theme !== undefined && values.theme !== theme) continue;
    await shoot(browser, await gateway.newLink(), theme);
  }
} finally {
  await browser.close();
  await gateway.stop();
  rmSync(state, { recursive: true, force: true });
}

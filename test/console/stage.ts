/**
 * A browser before a real gateway with its console, for stories. Where no Chromium is, the stories
 * are left out, which one line says.
 */
import axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { findChromium, openBrowser } from "../../scripts/browser.ts";
import { startGateway, type GatewayOptions, type TestGateway } from "../support/gateway.ts";

const chromium = findChromium();
export const hasChromium = chromium !== undefined;
if (!hasChromium) {
  console.log(
    "console: no Chromium was found, so its browser stories are left out (CHROMIUM_PATH names one).",
  );
}

export const pages = ["", "requests", "budgets", "policy", "members", "audit", "providers"];

export interface Stage {
  readonly gateway: TestGateway;
  /** What browsers complained about: violations of the content policy among them. */
  readonly complaints: string[];
  openContext: (options?: object) => Promise<BrowserContext>;
  /** A page on which a key's member is signed in and sees the overview. */
  signIn: (key: string, options?: object) => Promise<Page>;
  /** A request of somebody; answers when it was answered. */
  chat: (key: string, prompt: string, more?: object) => Promise<Response>;
  /** Goes to a page of the console and waits for its title. */
  go: (page: Page, name: string) => Promise<void>;
}

/** Sets a stage up for the tests around the call, and takes it down after them. */
export function setStage(options: GatewayOptions = {}): Stage {
  let gateway: TestGateway;
  let browser: Browser;
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    gateway = await startGateway({ console: true, ...options });
    browser = await openBrowser(chromium ?? "");
  }, 240_000);
  // A page that nobody looks at any more goes on asking, and complains into the next test.
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });
  const stage: Stage = {
    get gateway() {
      return gateway;
    },
    complaints,
    async openContext(more = {}) {
      const viewport = { width: 1280, height: 860 };
      const context = await browser.newContext({ viewport, ...more });
      contexts.push(context);
      // For a machine that is busy with other things, too.
      context.setDefaultTimeout(60_000);
      context.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      context.on("weberror", (error) => complaints.push(String(error.error())));
      return context;
    },
    async signIn(key, more = {}) {
      const context = await stage.openContext(more);
      const page = await context.newPage();
      // Asking who one is before one is anybody answers 401, which browsers report as an error.
      const answer = await context.request.post(`${gateway.url}/session`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.ok()).toBe(true);
      await page.goto(`${gateway.url}/console/`);
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      return page;
    },
    chat: (key, prompt, more = {}) =>
      fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({
          model: "gpt-4o-mini",
          messages: [{ role: "user", content: prompt }],
          ...more,
        }),
      }),
    async go(page, name) {
      await page.goto(`${gateway.url}/console/${name}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
    },
  };
  return stage;
}

/** What axe finds on a page that is serious or critical: each rule, how often, and where first. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Text, since it runs in the page; a tool of the developer's, so the page's policy is no matter.
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`
    axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => {
          const { target, failureSummary } = nodes[0];
          return id + " ×" + nodes.length + ": " + target.join(" ") + " " + failureSummary;
        }))
  `);
}

/** Whether a page is wider than its window. */
const isTooWide = "document.documentElement.scrollWidth > innerWidth";

/** Both themes, on a desk and on a phone: nothing serious for axe, nothing wider than its window. */
export async function fits(page: Page): Promise<void> {
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
}

/** An entry as the live tail sends one. */
export function sampleEntry(n: number) {
  const id = `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
  const source = { stream: "u_crowd", epoch: 1, seqs: [n] };
  return {
    id,
    kind: "request",
    at: 1_700_000_000_000 + n,
    user: "crowd",
    action: "chat.completion",
    outcome: "completed",
    dlp: "none",
    findings: [],
    source,
  };
}

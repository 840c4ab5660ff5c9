/** Stories of those who read the books: how it went, what policy did, and who used most. */
import { describe, expect, test } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { auditEntry } from "../support/client.ts";
import { fits, hasChromium, pages, setStage } from "./stage.ts";

/** A Cloudflare account that the policy names, for addresses of its form. */
const account = "0123456789abcdef";
/** Longer than whatever the console does once, some time after it has loaded. */
const quietMs = 60_000;

describe.runIf(hasChromium)("the books in a browser", () => {
  const stage = setStage();
  const { signIn, chat, go } = stage;

  test("the overview tells percentiles, what policy did, and who used most, over any period", async () => {
    const { keys } = stage.gateway;
    await chat(keys.alice, "my card is 4111 1111 1111 1111");
    await chat(keys.bob, "hello");
    const page = await signIn(keys.auditor);
    const redacted = page.getByRole("row", { name: /Redacted by data rules/ });
    await expect.poll(() => redacted.textContent(), { timeout: 60_000 }).toMatch(/1$/);
    const percentiles = page.getByRole("table", { name: /^Percentiles of latency/ });
    expect(await percentiles.getByText("≤").count()).toBe(8);
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
  }, 240_000);

  test("what happens between the books' answer and the tail's first word is shown", async () => {
    const { keys } = stage.gateway;
    const page = await signIn(keys.auditor);
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    await page.routeWebSocket(/\/audit\/tail\?.*kind=request/, async (socket) => {
      await opened;
      socket.connectToServer();
    });
    await go(page, "");
    const requests = page.locator(".tile", { hasText: "Requests" }).getByRole("button");
    const shown = async () => Number((await requests.textContent())?.match(/\d+$/)?.[0]);
    const before = await shown();
    const id = (await chat(keys.bob, "in between")).headers.get("x-request-id") ?? "";
    await auditEntry(stage.gateway, id);
    open();
    await expect.poll(shown, { timeout: 60_000 }).toBeGreaterThan(before);
  });

  test("requests are found by cost and latency, and one shows its texts and what people said", async () => {
    const { url, keys } = stage.gateway;
    const client = await AdminClient.open({ url, key: keys.admin });
    const { document, version } = await client.ask({ type: "GetPolicy" });
    await client.ask({
      type: "PublishPolicy",
      expectVersion: Number(version),
      document: {
        ...(document as object),
        payloads: { mode: "full", readers: ["admin"] },
        cloudflare: { accounts: [account], gateways: ["main"] },
      },
      comment: "keep texts",
    });
    const page = await signIn(keys.admin);
    let id = "";
    const ask = async () => {
      id = (await chat(keys.alice, "keep this")).headers.get("x-request-id") ?? "";
      // At once: it is not in the books yet, and shows up by itself.
      await go(page, `requests/${id}`);
      const button = page.getByRole("button", { name: "Read the texts" });
      await button.or(page.getByText("Nothing was kept")).waitFor();
      return button.isVisible();
    };
    await expect.poll(ask, { timeout: 60_000, interval: 1_000 }).toBe(true);
    const said = await fetch(
      `${url}/client/v4/accounts/${account}/ai-gateway/gateways/main/logs/${id}`,
      {
        method: "PATCH",
        headers: { authorization: `Bearer ${keys.alice}`, "content-type": "application/json" },
        body: JSON.stringify({ feedback: 1, score: 90, metadata: { reviewer: "alice" } }),
      },
    );
    expect(said.status).toBe(200);
    await page.getByRole("button", { name: "Read the texts" }).click();
    await page.getByRole("region", { name: "Prompt" }).getByText("keep this").waitFor();
    await fits(page);
    await page.getByText("90 of 100").waitFor();
    await client.ask({
      type: "CorrectPrice",
      model: "gpt-4o-mini",
      from: 0,
      to: Date.now(),
      price: { inputUsdPerMtok: 150, outputUsdPerMtok: 600 },
    });
    client.close();
    await page.getByText("Booked at first").waitFor({ timeout: 60_000 });
    await page.getByText(/^price correction \d/).waitFor();
    await go(page, "requests?user=alice");
    await page.locator("a.row").first().waitFor();
    await page.getByText("More filters").click();
    await page.getByLabel("Cost from, $").fill("900");
    await page.getByText("No request fits").waitFor();
    expect(page.url()).toContain("costNanosMin=900000000000");
    await fits(page);
  }, 240_000);

  test("what is shown rounded is copied to its last digit", async () => {
    const { keys } = stage.gateway;
    const page = await signIn(keys.auditor, { permissions: ["clipboard-read", "clipboard-write"] });
    const id = (await chat(keys.alice, "copy me")).headers.get("x-request-id") ?? "";
    const entry = await auditEntry(stage.gateway, id);
    await go(page, `requests/${id}`);
    const copy = async (name: string) => {
      const shown = page.locator(`dt:text-is("${name}") + dd`).getByRole("button");
      await shown.click();
      await shown.and(page.locator("[data-copied]")).waitFor();
      return page.evaluate<string>("navigator.clipboard.readText()");
    };
    expect(await copy("When")).toBe(new Date(Number(entry["at"])).toISOString());
    const dollars = await copy("Cost");
    expect(dollars).toMatch(/^0\.\d{1,9}$/);
    expect(Number(dollars.slice(2).padEnd(9, "0"))).toBe(entry["costNanos"]);
  });

  test("where a socket tells, nothing is asked for again while nothing happens", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await page.goto("about:blank");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
    page.on("websocket", (socket) => {
      asked.push(`socket ${socket.url()}`);
      socket.on("framesent", ({ payload }) => asked.push(`frame ${String(payload)}`));
    });
    await page.clock.install();
    for (const name of [...pages, "audit/as-of", "audit/verify", "audit/persons"]) {
      asked.length = 0;
      await go(page, name);
      await page.locator(".skeleton").first().waitFor({ state: "detached" });
      const isQuiet = async () => {
        const before = asked.length;
        await page.waitForLoadState("networkidle");
        await page.clock.runFor(quietMs);
        return before > 0 && asked.length === before;
      };
      // What a page does once after it stands is no poll: it is over at some time.
      await expect.poll(isQuiet, { timeout: 60_000, message: name }).toBe(true);
      const before = asked.length;
      await page.clock.runFor(10 * quietMs);
      expect(asked.slice(before), name).toEqual([]);
    }
  }, 240_000);
});

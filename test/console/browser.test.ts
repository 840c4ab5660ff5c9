/**
 * The console in a real browser, against the real Worker with the development upstream. Where no
 * Chromium is, the stories are left out, which one line says.
 */
import { OAuth2Server, type MutableToken } from "oauth2-mock-server";
import type { Page, WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fits, hasChromium, pages, sampleEntry, seriousFaults, setStage } from "./stage.ts";

const publish = async (page: Page, change: (text: string) => string, version: number) => {
  const editor = page.getByLabel("The policy as JSON");
  await editor.fill(change(await editor.inputValue()));
  await page.getByRole("button", { name: `Publish as version ${version}` }).click();
};

describe.runIf(hasChromium)("in a browser", () => {
  const provider = new OAuth2Server();
  const env: Record<string, string> = {};
  /** Whom the identity provider names. */
  let named = "auditor";
  beforeAll(async () => {
    await provider.issuer.keys.generate("RS256");
    await provider.start(0, "localhost");
    provider.service.on("beforeTokenSigning", ({ payload }: MutableToken) => {
      payload["sub"] = named;
    });
    const issuer = provider.issuer.url ?? "";
    const signIn = { id: "acme", name: "Acme ID", clientId: "tallygate" };
    const trusted = { organisation: "dev", issuer, audience: "api", jwksUrl: `${issuer}/jwks` };
    env["TALLYGATE_JWT_ISSUERS"] = JSON.stringify([{ ...trusted, signIn }]);
  });
  afterAll(() => provider.stop());
  const stage = setStage({ env });
  const { openContext, signIn, chat, go, complaints } = stage;

  test("the link of npm start signs in once, and leaves no token behind", async () => {
    const page = await (await openContext()).newPage();
    await page.goto(stage.gateway.console ?? "");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(page.url()).toBe(`${stage.gateway.url}/console/`);
    expect(await page.evaluate("document.cookie")).toBe("");
    const second = await (await openContext()).newPage();
    await second.goto(stage.gateway.console ?? "");
    await second.getByText("This link was used before").waitFor();
    await second.getByLabel("API key").fill(stage.gateway.keys.auditor);
    await second.getByRole("button", { name: "Sign in" }).click();
    await second.getByRole("heading", { name: "Overview" }).waitFor();
  });

  test("whom the identity provider names is let in, and a stranger is told why not", async () => {
    const page = await (await openContext()).newPage();
    await page.goto(`${stage.gateway.url}/console/`);
    named = "mallory";
    await page.getByRole("link", { name: "Sign in with Acme ID" }).click();
    await page.getByText("are no member here").waitFor();
    expect(page.url()).toBe(`${stage.gateway.url}/console/`);
    expect(await seriousFaults(page)).toEqual([]);
    named = "auditor";
    await page.getByRole("link", { name: "Sign in with Acme ID" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(await page.evaluate("document.cookie")).toBe("");
    await page.reload();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });

  test("a request shows up by itself, and its chain is verified in the browser", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "requests");
    await page.getByText("Live", { exact: true }).waitFor();
    await chat(stage.gateway.keys.alice, "my card is 4111 1111 1111 1111");
    const row = page.locator("a.row", { hasText: "alice" }).first();
    await row.getByText("completed").waitFor();
    await row.getByText("redacted").waitFor();
    await row.focus();
    await page.keyboard.press("Enter");
    await page.getByText(/of \d+ verified here/).waitFor();
    await page.getByText("payment-card: redact ×1").waitFor();
    expect(page.url()).toContain("/console/requests/");
  });

  test("a filter is in the address, and an address is a filter", async () => {
    await chat(stage.gateway.keys.bob, "hello");
    const page = await signIn(stage.gateway.keys.auditor);
    await go(page, "requests?user=bob");
    await page.locator("a.row", { hasText: "bob" }).first().waitFor();
    expect(await page.locator("a.row", { hasText: "alice" }).count()).toBe(0);
    await page.getByLabel("User").fill("nobody");
    await page.getByText("No request fits").waitFor();
    expect(page.url()).toContain("user=nobody");
  });

  test("a list that lost its socket comes back and has what happened meanwhile", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    let isCut = false;
    const open: (() => Promise<void>)[] = [];
    await page.routeWebSocket(/\/audit\/tail/, (socket) => {
      if (isCut) {
        void socket.close({ code: 1012 });
        return;
      }
      socket.connectToServer();
      open.push(async () => socket.close({ code: 1012 }));
    });
    const rowOf = async (prompt: string) => {
      const answer = await chat(stage.gateway.keys.alice, prompt);
      return page.locator(`a.row[href*="${answer.headers.get("x-request-id")}"]`);
    };
    await go(page, "requests?user=alice");
    await page.getByText("Live", { exact: true }).waitFor();
    await (await rowOf("while it was there")).waitFor();
    isCut = true;
    for (const cut of open.splice(0)) await cut();
    await page.getByText("Reconnecting …").waitFor();
    const missed = await rowOf("while it was away");
    isCut = false;
    await page.getByText("Live", { exact: true }).waitFor();
    await missed.waitFor();
    await (await rowOf("after it came back")).waitFor();
  });

  test("thousands of live entries end up in the list, of which only what is in view is drawn", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    const total = 3_000;
    let tail: WebSocketRoute | undefined;
    await page.routeWebSocket(/\/audit\/tail/, (socket) => {
      tail = socket;
    });
    await go(page, "requests?user=crowd");
    await page.getByText("Live", { exact: true }).waitFor();
    for (let n = 0; n < total; n += 1) tail?.send(JSON.stringify({ entry: sampleEntry(n) }));
    // Each is a message of its own from here to the page, which takes a busy machine a while.
    await page.getByText("3,000 loaded").waitFor({ timeout: 180_000 });
    expect(await page.locator("a.row").count()).toBeLessThan(60);
    await page.locator("a.row").first().focus();
    await page.keyboard.press("End");
    await expect
      .poll(() => page.evaluate("document.activeElement?.getAttribute('data-row')"))
      .toBe(String(total - 1));
  }, 240_000);

  test("two admins at once: the second is told, sees what changed, and publishes on top", async () => {
    const [ada, eve] = [
      await signIn(stage.gateway.keys.admin),
      await signIn(stage.gateway.keys.admin),
    ];
    await go(ada, "policy");
    await go(eve, "policy");
    const editor = eve.getByLabel("The policy as JSON");
    await editor.fill((await editor.inputValue()).replace('"limit": 60', '"limit": 75'));
    await publish(ada, (text) => text.replace('"limitUsd": 5', '"limitUsd": 6'), 2);
    await ada.getByText("Version 2 is in force everywhere").waitFor({ timeout: 60_000 });
    await eve.getByText("Version 2 was published meanwhile").waitFor();
    await eve.getByRole("alert").getByText("budgets.month.limitUsd").waitFor();
    await eve.getByRole("button", { name: "Begin again from version 2" }).click();
    await publish(eve, (text) => text.replace('"limit": 60', '"limit": 75'), 3);
    await eve.getByText("Version 3 is published").waitFor();
    await ada.getByRole("button", { name: "Roll back to version 1" }).waitFor();
  }, 240_000);

  test("a problem is shown on its line, and what has problems cannot be published", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "policy");
    const editor = page.getByLabel("The policy as JSON");
    const text = await editor.inputValue();
    await editor.fill(text.replace('"defaultTier": "standard"', '"defaultTier": "nothing"'));
    const line = text.split("\n").findIndex((each) => each.includes('"defaultTier"')) + 1;
    await page.getByRole("button", { name: `Line ${line}: defaultTier` }).click();
    const selected = await editor.evaluate((field) => {
      const { value, selectionStart, selectionEnd } = field as unknown as Selection;
      return value.slice(selectionStart, selectionEnd);
    });
    expect(selected).toContain('"nothing"');
    expect(await page.getByRole("button", { name: /^Publish as/ }).isDisabled()).toBe(true);
    await editor.fill("{");
    await page.getByText("One problem").waitFor();
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.getByText("As a prompt").waitFor();
    await page.getByLabel(/It is checked as/).fill("card 4111 1111 1111 1111");
    await page.getByRole("button", { name: "Try" }).click();
    await page.getByText("redact ×1").waitFor();
  });

  test("a key is shown once, works, and is refused once it is revoked", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "members");
    await page.getByRole("button", { name: "Issue key for alice" }).click();
    await page.getByLabel("Label").fill("a story");
    await page.getByRole("button", { name: "Issue", exact: true }).click();
    const key = await page
      .getByRole("button", { name: /^Copy the key/ })
      .locator("code")
      .textContent();
    expect((await chat(key ?? "", "hello")).status).toBe(200);
    await page.getByRole("button", { name: "I have it" }).click();
    expect(await page.getByText(key ?? "").count()).toBe(0);
    const row = page.getByRole("row", { name: /a story/ });
    await row.getByRole("button", { name: /^Revoke/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("heading", { name: "Revoked keys" }).waitFor();
    expect((await chat(key ?? "", "hello")).status).toBe(401);
  });

  test("a key is narrowed to what it is for, and rotation keeps or changes that", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "members");
    await page.getByRole("button", { name: "Issue key for bob" }).click();
    await page.getByLabel("Label").fill("narrow");
    await page.getByText("Scope:").click();
    await page.getByLabel("Model calls").check();
    await page.getByLabel("Models, by name or pattern").fill("gpt-4o");
    await page.getByLabel("Used from addresses").fill("home");
    await page.getByText('"home" is no address').waitFor();
    const issue = page.getByRole("button", { name: "Issue", exact: true });
    expect(await issue.isDisabled()).toBe(true);
    await page.getByLabel("Used from addresses").fill("127.0.0.0/8, ::1");
    await fits(page);
    await issue.click();
    const shown = page.getByRole("button", { name: /^Copy the key/ }).locator("code");
    const key = (await shown.textContent()) ?? "";
    await page.getByRole("button", { name: "I have it" }).click();
    const row = page.getByRole("row", { name: /narrow/ });
    expect(await row.innerText()).toMatch(/model calls\s+models gpt-4o\s+from 127.0.0.0\/8, ::1/);
    const answers = [await chat(key, "hi"), await chat(key, "hi", { model: "gpt-4o" })];
    expect(answers.map(({ status }) => status)).toEqual([403, 200]);
    await row.getByRole("button", { name: /^Rotate/ }).click();
    await page.getByText("model calls; models gpt-4o; from 127.0.0.0/8, ::1").waitFor();
    await page.getByLabel("Models, by name or pattern").fill("gpt-4o-mini");
    await page.getByRole("button", { name: "Issue the new key" }).click();
    await page.getByRole("heading", { name: "The new key" }).waitFor();
    const successor = (await shown.textContent()) ?? "";
    expect((await chat(successor, "hi")).status).toBe(200);
    await page.getByRole("button", { name: "Later" }).click();
    await go(page, "overview");
    const refusals = page.getByRole("table", { name: "How often policy stepped in" });
    await refusals.getByRole("link", { name: "Over a rate or a cap" }).click();
    await page.waitForURL(/code=rate_limited%2C/);
    await go(page, "requests?code=key_scope");
    await page.locator("a.row", { hasText: "gpt-4o-mini" }).first().waitFor();
  });

  test("a key is rotated: both work until the old one is revoked", async () => {
    const { keys } = stage.gateway;
    const page = await signIn(keys.admin);
    await go(page, "members");
    await page.getByRole("button", { name: "Issue key for bob" }).click();
    await page.getByLabel("Label").fill("to be rotated");
    await page.getByRole("button", { name: "Issue", exact: true }).click();
    const shown = page.getByRole("button", { name: /^Copy the key/ }).locator("code");
    const before = (await shown.textContent()) ?? "";
    await page.getByRole("button", { name: "I have it" }).click();
    const rows = page.getByRole("row", { name: /to be rotated/ });
    await rows.getByRole("button", { name: /^Rotate/ }).click();
    await page.getByRole("button", { name: "Issue the new key" }).click();
    await page.getByRole("heading", { name: "The new key" }).waitFor();
    const after = (await shown.textContent()) ?? "";
    expect([(await chat(before, "hi")).status, (await chat(after, "hi")).status]).toEqual([
      200, 200,
    ]);
    await fits(page);
    await page.getByRole("button", { name: "Revoke the old key" }).click();
    await page.getByRole("heading", { name: "The new key" }).waitFor({ state: "detached" });
    expect([(await chat(before, "hi")).status, (await chat(after, "hi")).status]).toEqual([
      401, 200,
    ]);
  });

  test("a member sees their own requests and is not offered what they may not do", async () => {
    const page = await signIn(stage.gateway.keys.bob);
    expect(await page.getByRole("navigation").getByRole("link").allTextContents()).toEqual([
      "Overview",
      "Requests",
    ]);
    await go(page, "requests");
    await page.locator("a.row", { hasText: "bob" }).first().waitFor();
    expect(await page.locator("a.row", { hasText: "alice" }).count()).toBe(0);
    await page.goto(`${stage.gateway.url}/console/policy`);
    await page.getByText("This page is for admins and auditors").waitFor();
  });

  test("a session that has ended leads to the door, and back to where one was", async () => {
    const page = await signIn(stage.gateway.keys.auditor);
    await go(page, "requests");
    await page.locator("a.row").first().waitFor();
    await page.getByLabel("User").fill("bob");
    await expect.poll(() => page.url()).toContain("user=bob");
    await page.context().clearCookies();
    // The list asks again; it may have done so by itself, and the door is there already.
    const another = page.getByLabel("Model").fill("gpt", { timeout: 5_000 });
    await another.catch(() => undefined);
    await page.getByText("Your session has ended").waitFor();
    await page.getByLabel("API key").fill(stage.gateway.keys.auditor);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Requests" }).waitFor();
    expect(page.url()).toContain("user=bob");
  });

  test("a session that comes to its end closes its sockets and leads to the door", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    // Nobody hears of the end of a socket whose page was left: count only what opens from here on.
    await page.goto("about:blank");
    const sockets: { isClosed: () => boolean }[] = [];
    page.on("websocket", (socket) => sockets.push(socket));
    await page.route("**/session", async (route) => {
      const answer = await route.fetch();
      const session = (await answer.json()) as object;
      await route.fulfill({
        response: answer,
        json: { ...session, expiresAt: Date.now() + 600_000 },
      });
    });
    await page.clock.install();
    await go(page, "budgets");
    await expect.poll(() => sockets.length).toBeGreaterThanOrEqual(2);
    await page.clock.fastForward(900_000);
    await page.getByText("Your session has ended").waitFor();
    await expect.poll(() => sockets.every((socket) => socket.isClosed())).toBe(true);
    await page.unroute("**/session");
    await page.getByLabel("API key").fill(stage.gateway.keys.admin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(page.url()).toContain("/console/budgets");
  });

  test("a connection that cannot be made again because the session is over leads to the door", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "requests");
    await page.getByText("Live", { exact: true }).waitFor();
    let drop: (() => Promise<void>) | undefined;
    await page.routeWebSocket(/\/audit\/tail/, (socket) => {
      socket.connectToServer();
      drop = async () => socket.close({ code: 1012 });
    });
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.context().clearCookies();
    await drop?.();
    await page.getByText("Your session has ended").waitFor();
  });

  test("a lost connection is told, can be tried at once, and is forgotten once it is back", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    let isCut = false;
    const open: (() => Promise<void>)[] = [];
    await page.routeWebSocket(/\/(audit\/tail|admin\/socket)/, (socket) => {
      if (isCut) {
        void socket.close({ code: 1012 });
        return;
      }
      socket.connectToServer();
      open.push(async () => socket.close({ code: 1012 }));
    });
    await go(page, "budgets");
    await page.getByText("Live", { exact: true }).waitFor();
    isCut = true;
    for (const cut of open.splice(0)) await cut();
    await page.getByText(/The connection to the gateway is lost/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    isCut = false;
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByText(/The connection to the gateway is lost/).waitFor({ state: "detached" });
    await page.getByText("Live", { exact: true }).waitFor();
    await page.context().setOffline(true);
    await page.getByText("This browser is offline").waitFor();
    await page.context().setOffline(false);
    await page.getByText("This browser is offline").waitFor({ state: "detached" });
  });

  for (const theme of ["light", "dark"] as const) {
    for (const width of [360, 1920]) {
      test(`no page is wider than ${width} px, breaks its content policy, or shuts anybody out (${theme})`, async () => {
        complaints.length = 0;
        const viewport = { width, height: width < 800 ? 740 : 1080 };
        const page = await signIn(stage.gateway.keys.admin, { viewport, colorScheme: theme });
        const faults: string[] = [];
        for (const name of pages) {
          await go(page, name);
          await page.locator(".skeleton").first().waitFor({ state: "detached" });
          const found = [
            ...(await page.evaluate<string[]>(tooWide)),
            ...(await page.evaluate<string[]>(namelessControls)),
            ...(await seriousFaults(page)),
          ];
          faults.push(...found.map((fault) => `${name || "overview"}: ${fault}`));
        }
        expect(faults).toEqual([]);
        expect(complaints).toEqual([]);
      }, 240_000);
    }
  }
});

/** Whether a page is wider than its window. */
const tooWide = `
  document.documentElement.scrollWidth > innerWidth ? ["wide by " + (document.documentElement.scrollWidth - innerWidth)] : []
`;

/** Controls that a screen reader would have no name for; text, since it runs in the page. */
const namelessControls = `
  [...document.querySelectorAll("button, a, input, select, textarea")]
    .filter((control) => !(control.getAttribute("aria-label") ?? control.textContent.trim()) && !control.labels?.length)
    .map((control) => control.outerHTML.slice(0, 120))
`;

/** The part of a text field that tells what is selected; this project's types know no browser. */
interface Selection {
  value: string;
  selectionStart: number;
  selectionEnd: number;
}

/** Stories of those who look back: a decision explained, evidence taken away. */
import { readFileSync } from "node:fs";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { auditEntry } from "../support/client.ts";
import { fits, hasChromium, setStage, seriousFaults } from "./stage.ts";

describe.runIf(hasChromium)("looking back in a browser", () => {
  const stage = setStage();
  const { signIn, chat, go } = stage;

  test("a decision is explained, made again to the letter, and taken away as evidence", async () => {
    const answer = await chat(stage.gateway.keys.alice, "why was I let in?");
    const id = answer.headers.get("x-request-id") ?? "";
    const page = await signIn(stage.gateway.keys.auditor);
    // It may not be in the books yet, and shows up by itself.
    await go(page, `requests/${id}`);
    await page.getByRole("heading", { name: "Chain" }).waitFor();
    await page.getByRole("button", { name: "Explain this decision" }).click();
    await page.getByText("the same", { exact: true }).waitFor();
    await page.getByRole("row", { name: /requests-per-minute.*60/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Evidence" }).click(),
    ]);
    const evidence = JSON.parse(readFileSync(await download.path(), "utf8")) as {
      events: unknown[];
      segments: unknown[];
    };
    expect(evidence.events.length).toBeGreaterThanOrEqual(2);
    expect(evidence.segments.length).toBeGreaterThanOrEqual(1);
    // Where a service that rules ask had failed, the decision says what was not looked for.
    await page.route(`**/audit/events/${id}`, async (route) => {
      const told = await route.fetch();
      const entry = (await told.json()) as object;
      const unsearched = { rules: ["names", "places"], failure: "timeout" };
      await route.fulfill({ response: told, json: { ...entry, unsearched } });
    });
    await page.reload();
    const missed = page.locator('dt:text-is("Not looked for") + dd');
    await missed.getByText("what names, places would find: the service failed (timeout)").waitFor();
  });

  test("the whole log is verified in the browser, and the result is taken away", async () => {
    await chat(stage.gateway.keys.alice, "something to verify");
    const page = await signIn(stage.gateway.keys.auditor);
    await go(page, "audit/verify");
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByText(/^Sound: \d+ events are what was signed/).waitFor({ timeout: 60_000 });
    expect(await seriousFaults(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the result" }).click(),
    ]);
    const file = JSON.parse(readFileSync(await download.path(), "utf8")) as {
      verdict: string;
      report: { count: number; shards: { decisions: number }[] };
    };
    expect([file.verdict, file.report.count]).toEqual(["sound", 0]);
    expect(file.report.shards.reduce((sum, { decisions }) => sum + decisions, 0)).toBeGreaterThan(
      0,
    );
    // What was found sound is remembered: a log that begins otherwise is found out.
    await page.reload();
    await page.getByText("The log must begin with what this browser saw last").waitFor();
    await page.evaluate(`
      for (const name of Object.keys(localStorage).filter((each) => each.startsWith("tallygate.trust")))
        localStorage.setItem(name, localStorage.getItem(name).replace(/"root":"(.)/g, (_, first) => '"root":"' + (first === "0" ? "1" : "0")))
    `);
    await page.reload();
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByText(/^Not sound/).waitFor({ timeout: 60_000 });
  }, 240_000);

  test("an artefact that was altered on its way is found, with its place; a run can be stopped", async () => {
    const page = await signIn(stage.gateway.keys.auditor);
    let hold: Promise<void> | undefined;
    await page.context().route(/\/audit\/archive\/.*manifests/, async (route) => {
      await hold;
      const answer = await route.fetch();
      const text = await answer.text();
      await route.fulfill({ response: answer, body: text.replace(/"events":\d+/, '"events":999') });
    });
    await go(page, "audit/verify");
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByText(/^Not sound/).waitFor({ timeout: 60_000 });
    await page
      .getByText(/\/\d{10}\./)
      .first()
      .waitFor();
    const held = Promise.withResolvers<void>();
    hold = held.promise;
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByRole("progressbar").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Stopped; nothing was decided.").waitFor();
    held.resolve();
  }, 240_000);

  test("the books as of a moment do not know what came after it", async () => {
    const page = await signIn(stage.gateway.keys.auditor);
    await go(page, `audit/as-of?at=${Date.parse("2020-01-01T00:00:00Z")}`);
    await page.getByText("Nothing had happened by then").waitFor();
    const now = await page.evaluate<number>("Date.now()");
    await go(page, `audit/as-of?at=${now}&by=user`);
    await page.getByRole("row", { name: /alice/ }).waitFor();
    await page.getByLabel("Member").fill("alice");
    await page.getByLabel("Member").press("Enter");
    await page.getByText(/\$5\.00/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("link", { name: "History until then" }).click();
    await page.locator("a.row").first().waitFor();
    expect(page.url()).toContain("to=");
  });

  test("what a filter finds is exported by the gateway, as a table too", async () => {
    const page = await signIn(stage.gateway.keys.auditor);
    await go(page, "audit?user=alice&kind=request");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\r\n");
    expect(lines[0]).toMatch(/^id,time,kind,user/);
    expect(lines.slice(1).every((line) => line.includes(",alice,"))).toBe(true);
    await page.getByText(`${lines.length - 1} entries saved`).waitFor();
    const [table] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Parquet" }).click(),
    ]);
    const bytes = readFileSync(await table.path());
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const rows = await parquetReadObjects({ file });
    expect(rows.length).toBe(lines.length - 1);
    expect(rows.every((row) => row["user"] === "alice")).toBe(true);
    // With proofs there are two files, the one beside the other.
    await page.getByLabel("with proofs").check();
    const names: string[] = [];
    page.on("download", (saved) => names.push(saved.suggestedFilename()));
    await page.getByRole("button", { name: "CSV" }).click();
    await page.getByText(`${lines.length - 1} entries saved with their proof`).waitFor();
    await expect.poll(() => names.length, { timeout: 30_000 }).toBe(2);
    expect(names[1]).toBe(`${names[0]}.proof`);
  });

  test("a person is erased once their id is typed twice, and the proof is taken away", async () => {
    await chat(stage.gateway.keys.bob, "forget me");
    const page = await signIn(stage.gateway.keys.admin);
    const onlooker = await signIn(stage.gateway.keys.auditor);
    await go(onlooker, "audit/persons");
    await onlooker.getByText("Nobody was erased").waitFor();
    expect(await onlooker.getByRole("button", { name: "Erase a person" }).count()).toBe(0);
    await go(page, "audit/persons");
    await page.getByRole("button", { name: "Erase a person" }).click();
    const dialog = page.getByRole("dialog");
    const erase = dialog.getByRole("button", { name: "Erase for good" });
    await dialog.getByLabel("Person, a member").fill("nobody");
    await dialog.getByLabel("Type nobody to confirm").fill("nobody");
    await erase.click();
    await dialog.getByText(/There is no member "nobody"/).waitFor();
    await dialog.getByLabel("Person, a member").fill("bob");
    await dialog.getByLabel("Type bob to confirm").fill("Bob");
    expect(await erase.isDisabled()).toBe(true);
    await dialog.getByLabel("Type bob to confirm").fill("bob");
    await fits(page);
    await erase.click();
    await page.getByText("bob is erased").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Download the proof" }).click(),
    ]);
    expect(readFileSync(await download.path(), "utf8")).toMatch(/^member: bob\nevent: /);
    await fits(page);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByText("The proof for bob").click();
    await fits(page);
    // Who only looks on sees it without asking, and finds the event with its chain.
    await onlooker.getByText("The proof for bob").click();
    await onlooker.getByRole("link").and(onlooker.locator("a[href*='/audit/01']")).click();
    await onlooker.getByText(/of \d+ verified here/).waitFor();
    await onlooker.getByText("SubjectErased").first().waitFor();
  }, 240_000);

  test("a filter is saved under a name, found by others, and deleted", async () => {
    const page = await signIn(stage.gateway.keys.admin);
    await go(page, "requests?user=alice");
    const onlooker = await signIn(stage.gateway.keys.auditor);
    await go(onlooker, "requests");
    await onlooker.getByText("Live", { exact: true }).waitFor();
    expect(await onlooker.getByRole("button", { name: "Save view" }).isDisabled()).toBe(true);
    await page.getByText("More filters").click();
    await page.getByLabel("Cost from, $").fill("0.000001");
    await page.waitForURL(/costNanosMin=1000/);
    await page.getByRole("button", { name: "Save view" }).click();
    await page.getByLabel("Name").fill("what alice spends");
    await page.getByLabel("Time").selectOption("The last 24 hours");
    await fits(page);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    // Others find it without loading anew.
    const views = onlooker.getByLabel("Saved view");
    await views.selectOption("what alice spends");
    await onlooker.waitForURL(/user=alice&costNanosMin=1000&from=\d+/);
    await fits(onlooker);
    await onlooker.getByRole("button", { name: "Delete the view what alice spends" }).click();
    await onlooker.getByRole("button", { name: "Delete", exact: true }).click();
    await views.waitFor({ state: "detached" });
    await page.getByLabel("Saved view").waitFor({ state: "detached" });
    await go(page, "audit?kind=act");
    await page.getByText("The view what alice spends was deleted").waitFor();
  }, 240_000);

  test("everything that the log has of a person is taken away with its proofs, or not at all", async () => {
    const { gateway } = stage;
    const id = (await chat(gateway.keys.alice, "about me")).headers.get("x-request-id") ?? "";
    await auditEntry(gateway, id);
    const page = await signIn(gateway.keys.auditor);
    await go(page, "audit/persons");
    const whose = page.getByLabel("Whose evidence");
    await whose.fill("nobody");
    await page.getByRole("button", { name: "Download", exact: true }).click();
    await page.getByText(/nothing of this member/).waitFor();
    await fetch(`${gateway.url}/audit/archive`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.keys.admin}` },
    });
    await whose.fill("alice");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download", exact: true }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\n");
    const [first, last] = [lines[0], lines.at(-1)].map((line) => JSON.parse(line ?? "") as object);
    expect([first, last]).toMatchObject([{ v: 1, member: "alice", from: null }, { next: null }]);
    await page.getByText(/^\d+ events of alice saved\.$/).waitFor();
    await fits(page);
    // What the log has of oneself, one takes without asking anybody.
    const own = await signIn(gateway.keys.alice);
    const [hers] = await Promise.all([
      own.waitForEvent("download"),
      own.getByRole("button", { name: "Download", exact: true }).click(),
    ]);
    expect(readFileSync(await hers.path(), "utf8")).toContain('"member":"alice"');
    await fits(own);
  }, 240_000);

  test("the gateway's own audit is told, and an admin has the views folded anew", async () => {
    const page = await signIn(stage.gateway.keys.auditor);
    await go(page, "audit/verify");
    await page.getByText("Nothing was found that does not fit its history").waitFor();
    expect(await page.getByRole("button", { name: "Fold the views anew" }).count()).toBe(0);
    const admin = await signIn(stage.gateway.keys.admin);
    await go(admin, "audit/verify");
    await admin.getByRole("button", { name: "Fold the views anew" }).click();
    await admin.getByText(/^Folded \d+ events: 0 rows were different\.$/).waitFor({
      timeout: 60_000,
    });
    await fits(admin);
  }, 240_000);
});

/** Orders to erase: what an admin is told, what is tried again, what is written down once. */
import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { userStream } from "#actors/kit/names.ts";
import { Eraser } from "#actors/policy/eraser.ts";
import { initialState } from "#actors/policy/state.ts";
import type { EraseCommand } from "#actors/user/commands.ts";
import { bindings, connect, foundOrganisation, stubOf } from "./admin.ts";

const order = (member: string, id = "e1") => ({ id, type: "EraseMember", member, confirm: member });

async function admin(organisation: string) {
  const keys = await foundOrganisation(organisation);
  const { client } = await connect(keys["ada"] ?? "");
  const types = () =>
    runInDurableObject(stubOf(organisation), (_actor, state) =>
      state.storage.sql
        .exec<{ type: string }>(
          "SELECT json_extract(body, '$.type') AS type FROM events WHERE type LIKE 'Erasure%'",
        )
        .toArray()
        .map(({ type }) => type),
    );
  return { keys, client, types };
}

describe("erasing a member", () => {
  it("answers with the event that proves it, the same for the same command", async () => {
    const { client, types } = await admin("erase-proof");
    const answer = await client.ask(order("bob"));
    const stream = userStream(bindings.TALLYGATE_SECRET, "erase-proof", "bob");
    expect(answer).toMatchObject({ ok: true, result: { member: "bob", stream, seq: 1 } });
    expect(answer.result["event"]).toMatch(/^[0-9a-f-]{36}$/);
    expect((await client.ask(order("bob"))).result).toEqual(answer.result);
    expect(await types()).toEqual(["ErasureOrdered", "ErasureCarriedOut"]);
    const again = await client.ask(order("bob", "e2"));
    expect(again.result).toMatchObject({ stream, seq: 2 });
    const { erasures } = (await client.ask({ id: "list", type: "ListErasures" })).result;
    expect(erasures).toMatchObject([
      { member: "bob", done: { seq: 1 } },
      { member: "bob", done: { seq: 2 } },
    ]);
  });

  it("wants the id twice, and an id that is or was a member's", async () => {
    const { client, types } = await admin("erase-whom");
    const unsure = await client.ask({ ...order("bob"), confirm: "bab" });
    expect([unsure.code, unsure.message]).toEqual([
      "not_confirmed",
      expect.stringContaining("give that id twice"),
    ]);
    expect((await client.ask(order("bab", "e2"))).code).toBe("member_not_found");
    expect(await types()).toEqual([]);
    await client.ask({ id: "gone", type: "RemoveMember", member: "bob" });
    const former = await client.ask(order("bob", "e3"));
    expect(former).toMatchObject({ ok: true, result: { member: "bob" } });
  });

  it("is for admins", async () => {
    const { keys, types } = await admin("erase-role");
    const { client } = await connect(keys["aud"] ?? "");
    expect((await client.ask(order("bob"))).code).toBe("forbidden");
    expect(await types()).toEqual([]);
  });

  it("that an actor did not hear of is tried again until it did", async () => {
    const { client, types } = await admin("erase-later");
    const { USERS: users } = env as unknown as Env;
    await runInDurableObject(stubOf("erase-later"), async (actor) => {
      const own = (actor as unknown as { env: Env }).env;
      const broken = { getByName: () => ({ erase: () => Promise.reject(new Error("away")) }) };
      Object.defineProperty(own, "USERS", { value: broken, configurable: true, writable: true });
    });
    const pending = await client.ask(order("bob"));
    expect([pending.code, await types()]).toEqual(["erasure_pending", ["ErasureOrdered"]]);
    await runInDurableObject(stubOf("erase-later"), (actor, state) => {
      const own = (actor as unknown as { env: Env }).env;
      Object.defineProperty(own, "USERS", { value: users, configurable: true, writable: true });
      return state.storage.getAlarm().then((at) => expect(at).not.toBeNull());
    });
    await expect
      .poll(
        async () => {
          await runDurableObjectAlarm(stubOf("erase-later"));
          return types();
        },
        { timeout: 60_000, interval: 250 },
      )
      .toEqual(["ErasureOrdered", "ErasureCarriedOut"]);
    expect((await client.ask(order("bob"))).ok).toBe(true);
    expect(await types()).toHaveLength(2);
  });
});

it("an actor that went down between the order and its confirmation is told again after it woke", async () => {
  const told: EraseCommand[] = [];
  let away = true;
  const erase = (command: EraseCommand) => {
    told.push(command);
    if (away) return Promise.reject(new Error("away"));
    return Promise.resolve({ event: "e", stream: command.home.stream, seq: 1, at: 5 });
  };
  const users = { getByName: () => ({ erase }) };
  const state = { ...initialState(), organisation: "acme" };
  state.erasures.push({ order: 4, member: "bob", at: 1_000 });
  const stage = { ...bindings, USERS: users } as unknown as Env;
  const done: object[] = [];
  const first = new Eraser(stage);
  await first.work(state, 1_000, (each) => done.push(each));
  expect([done, first.dueAt(state)]).toEqual([[], 3_000]);
  // The process is another one; the state is folded from the log.
  away = false;
  const second = new Eraser(stage);
  expect(second.dueAt(state)).toBe(3_000);
  await second.work(state, 3_000, (each) => done.push(each));
  expect(done).toMatchObject([{ order: 4, member: "bob", seq: 1 }]);
  expect(told.map((each) => [each.order, each.former])).toEqual([
    [4, true],
    [4, true],
  ]);
});

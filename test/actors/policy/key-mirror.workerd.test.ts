import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { KeyMirror, type KeyStanding, type MirrorSource } from "#actors/policy/key-mirror.ts";
import type { FenceKeyCommand } from "#actors/user/commands.ts";
import { bindings, stubOf } from "./admin.ts";

/** A mirror with a KV and fences that a test can break and hold up. */
class Stage {
  readonly kv = new Map<string, string>();
  readonly fences: FenceKeyCommand[] = [];
  readonly standings = new Map<string, KeyStanding>();
  broken = false;
  /** Puts wait for this. */
  gate: Promise<void> = Promise.resolve();
  readonly source: MirrorSource = {
    organisation: "acme",
    ledgerShards: 4,
    streamsOf: (member) => [member],
    standingOf: (keyId, member) => this.standings.get(keyId) ?? { revokedOf: member },
  };

  issue(keyId: string, keyExpiresAt?: number): void {
    const expiry = keyExpiresAt === undefined ? {} : { keyExpiresAt };
    const member = { id: "bob", role: "member" as const, tier: "" };
    const principal = { organisation: "acme", member, keyId, ...expiry };
    this.standings.set(keyId, { live: { secretHash: "h", principal } });
  }

  get env(): Env {
    const fenceKey = (command: FenceKeyCommand) => {
      if (this.broken) return Promise.reject(new Error("unreachable"));
      this.fences.push(command);
      return Promise.resolve();
    };
    const put = async (name: string, value: string) => {
      await this.gate;
      this.kv.set(name, value);
    };
    const remove = (name: string) => Promise.resolve(void this.kv.delete(name));
    return {
      ...bindings,
      USERS: { getByName: () => ({ fenceKey }) },
      KEYS: { put, delete: remove },
    } as unknown as Env;
  }
}

function onStage(name: string, play: (mirror: KeyMirror, stage: Stage) => Promise<void>) {
  return runInDurableObject(stubOf(name), async (_actor, state) => {
    const stage = new Stage();
    await play(new KeyMirror(state.storage.sql, stage.env), stage);
  });
}

describe("the copies of keys", () => {
  it("wait for a fence that could not be set, and are taken back once it is", () =>
    onStage("mirror-fence", async (mirror, stage) => {
      stage.issue("k1");
      mirror.mark("k1", "bob", 0);
      await mirror.flush(stage.source, 0);
      expect([...stage.kv.keys()]).toEqual(["key:acme:k1"]);
      expect(mirror.dueAt).toBeUndefined();
      stage.standings.delete("k1");
      stage.broken = true;
      mirror.mark("k1", "bob", 0);
      await mirror.flush(stage.source, 0);
      expect(mirror.markedKeys()).toEqual(["k1"]);
      expect(mirror.dueAt).toBeGreaterThan(0);
      stage.broken = false;
      await mirror.flush(stage.source, 5_000);
      expect(stage.fences).toMatchObject([{ keyId: "k1", home: { organisation: "acme" } }]);
      expect([mirror.markedKeys(), stage.kv.size]).toEqual([[], 0]);
    }));

  it("of a revoked key do not come back with a write that was late", () =>
    onStage("mirror-late", async (mirror, stage) => {
      let open: (() => void) | undefined;
      stage.gate = new Promise((resolve) => {
        open = resolve;
      });
      stage.issue("k1");
      mirror.mark("k1", "bob", 0);
      const first = mirror.flush(stage.source, 0);
      await Promise.resolve();
      stage.standings.delete("k1");
      mirror.mark("k1", "bob", 0);
      const second = mirror.flush(stage.source, 0);
      open?.();
      await Promise.all([first, second]);
      expect([mirror.markedKeys(), stage.kv.size, stage.fences.length]).toEqual([[], 0, 1]);
    }));

  it("are not made of keys that end within KV's shortest life", () =>
    onStage("mirror-expiry", async (mirror, stage) => {
      stage.issue("short", 60_000);
      stage.issue("long", 200_000);
      mirror.mark("short", "bob", 0);
      mirror.mark("long", "bob", 0);
      await mirror.flush(stage.source, 0);
      expect([...stage.kv.keys()]).toEqual(["key:acme:long"]);
    }));

  it("are made even when the actor dies between the event and the copy", () =>
    runInDurableObject(stubOf("mirror-crash"), async (_actor, state) => {
      const before = new Stage();
      new KeyMirror(state.storage.sql, before.env).mark("k1", "bob", 0);
      const stage = new Stage();
      stage.issue("k1");
      const mirror = new KeyMirror(state.storage.sql, stage.env);
      expect(mirror.dueAt).toBe(0);
      await mirror.flush(stage.source, 0);
      expect([...stage.kv.keys()]).toEqual(["key:acme:k1"]);
    }));
});

/**
 * Records what a Worker of some version leaves in storage, for `test/golden/storage`: run it in the
 * folder of that version, `node <this file> <out.json> <name of the version>`. It starts the version's
 * own gateway, gives it a small life, stops it and writes every actor's tables down as text.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";

type Value = string | number | null;

/** One actor's storage: the statements that make its tables, and their rows. */
export interface RecordedActor {
  class: string;
  schema: string[];
  tables: Record<string, { columns: string[]; rows: Value[][] }>;
}

export interface RecordedStorage {
  /** Which version wrote it. */
  version: string;
  actors: RecordedActor[];
}

const OWN = /^(sqlite_|_cf_)/;

/** A SQLite file as text; none where no actor of ours has stored anything. */
function dump(file: string, name: string): RecordedActor | undefined {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const parts = db
      .prepare("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
      .all();
    const ours = parts.filter((part) => !OWN.test(String(part["name"])));
    if (ours.length === 0) return undefined;
    const order = ["table", "index", "trigger"];
    ours.sort((a, b) => order.indexOf(String(a["type"])) - order.indexOf(String(b["type"])));
    const tables: RecordedActor["tables"] = {};
    for (const { type, name: table } of ours) {
      if (type !== "table") continue;
      const rows = db.prepare(`SELECT * FROM "${String(table)}"`).all();
      const columns = Object.keys(rows[0] ?? {});
      const values = rows.map((row) => columns.map((column) => row[column] as Value));
      tables[String(table)] = { columns, rows: values };
    }
    return { class: name, schema: ours.map(({ sql }) => String(sql)), tables };
  } finally {
    db.close();
  }
}

/** Every actor of a gateway's state. */
function dumpAll(state: string): RecordedActor[] {
  const files = readdirSync(path.join(state, "storage"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /Actor\/[0-9a-f]{64}\.sqlite$/.test(file))
    .sort()
    .flatMap((file) => {
      const name = /(\w+Actor)\/[0-9a-f]+\.sqlite$/.exec(file)?.[1] ?? "";
      return dump(path.join(state, "storage", file), name) ?? [];
    });
}

/** Calls, a refusal, a new version of the policy, a key that is issued and one that is revoked. */
async function live(url: string, keys: Record<string, string>): Promise<void> {
  const ask = async (at: string, key: string | undefined, body?: unknown): Promise<Response> =>
    fetch(`${url}${at}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const messages = [{ role: "user", content: "hello" }];
  for (const key of [keys["alice"], keys["alice"], keys["bob"]]) {
    const answer = await ask("/v1/chat/completions", key, { model: "gpt-4o-mini", messages });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.text();
  }
  await ask("/v1/chat/completions", keys["alice"], { model: "nobody-serves-this", messages });
  const policy = (...args: string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, TALLYGATE_URL: url, TALLYGATE_KEY: keys["admin"] ?? "" };
      const child = spawn(process.execPath, ["scripts/cli/main.ts", ...args], {
        env,
        stdio: "ignore",
      });
      child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(args.join(" ")))));
    });
  const teams = '[{"name":"team","limitUsd":5,"scope":"team"},{"name":"own","limitUsd":2}]';
  await policy("members", "set", "alice", "team=red");
  await policy("policy", "set", `budgets=${teams}`, "--wait");
  await policy("keys", "revoke", keys["bob"]?.split("_")[2] ?? "", "--reason", "rotation");
  const last = await ask("/v1/chat/completions", keys["alice"], { model: "gpt-4o-mini", messages });
  if (!last.ok) throw new Error(await last.text());
  const id = last.headers.get("x-request-id");
  await last.text();
  for (let entry = ""; !entry.includes('"completed"');) {
    entry = await (await ask(`/audit/events/${id}`, keys["auditor"])).text();
  }
  // Nothing is archived yet: the bucket is no part of what is recorded.
}

async function record(out: string, version: string): Promise<void> {
  const state = mkdtempSync(path.join(tmpdir(), "tallygate-record-"));
  const args = ["scripts/start.ts", "--json", "--no-dev-vars", "--no-console", "--state", state];
  const gateway = spawn(process.execPath, [...args, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => {
    gateway.on("close", resolve);
  });
  try {
    const lines = createInterface({ input: gateway.stdout });
    const ready = await new Promise<string>((resolve) => {
      lines.once("line", resolve);
    });
    const { url, keys } = JSON.parse(ready) as { url: string; keys: Record<string, string> };
    await live(url, keys);
    gateway.kill("SIGTERM");
    await ended;
    const recorded: RecordedStorage = { version, actors: dumpAll(state) };
    writeFileSync(out, `${JSON.stringify(recorded)}\n`);
  } finally {
    gateway.kill("SIGKILL");
    rmSync(state, { recursive: true, force: true });
  }
}

if (import.meta.main) await record(process.argv[2] ?? "storage.json", process.argv[3] ?? "?");

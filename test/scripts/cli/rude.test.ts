/** Every command of the command line, treated rudely: one sentence, a code, no trace, no key. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tallygate, type Outcome } from "../../support/tallygate.ts";

const KEY = "tg_dev_0123456789_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
let folder: string;
let server: Server;
let url: string;
let reply: (response: ServerResponse) => void;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "tallygate-rude-"));
  mkdirSync(path.join(folder, "a-folder"));
  writeFileSync(path.join(folder, "torn.json"), '{"schema": 1, "limits": [');
  writeFileSync(path.join(folder, "bytes.json"), Buffer.from([0, 255, 254, 1, 2, 128]));
  writeFileSync(path.join(folder, "list.json"), "[1, 2, 3]");
  writeFileSync(path.join(folder, "policy.json"), '{"schema": 1, "providers": {}, "tiers": {}}');
  server = createServer((_request, response) => reply(response));
  server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nwelcome"));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

/** Each command that asks a gateway, as it is typed rightly. */
const commands: string[][] = [
  ["policy", "show"],
  ["policy", "pull"],
  ["policy", "plan", "policy.json"],
  ["policy", "apply", "policy.json"],
  ["policy", "versions"],
  ["policy", "rollback", "1"],
  ["keys"],
  ["keys", "issue", "alice"],
  ["members"],
  ["erase"],
  ["erase", "alice", "--confirm", "alice"],
  ["restore", "policy", "--to", "2026-11-20T18:00:00Z", "--confirm", "policy"],
  ["correct-price"],
  ["budgets"],
  ["tail", "--count", "1"],
  ["export"],
  ["what-if", "policy.json"],
  ["replay", "01a1ff81-9ef0-7e0a-881b-e2a05676f225"],
  ["verify", "URL", "--key", Buffer.alloc(32, 7).toString("base64")],
];

function run(args: readonly string[]): Promise<Outcome> {
  const typed = args.map((word) =>
    word === "URL" ? url : /\.json$|^a-folder$/.test(word) ? path.join(folder, word) : word,
  );
  return tallygate(typed, { TALLYGATE_URL: url, TALLYGATE_KEY: KEY });
}

/** A failure that a person and a script can both use. */
function expectPolite(what: string, { code, out, err }: Outcome, codes: readonly number[]): void {
  expect([what, codes.includes(code ?? -1), code, out, err]).toEqual([what, true, code, out, err]);
  expect([what, out + err]).toEqual([
    what,
    expect.not.stringMatching(/\n\s+at |node:internal|\[object/),
  ]);
  expect(out + err).not.toContain(KEY.slice(-20));
  expect([what, err.length < 2_000 && out.length < 2_000]).toEqual([what, true]);
}

/** So many at a time: each is a process of its own. */
async function each<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const workers = Array.from({ length: 4 }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  });
  await Promise.all(workers);
}

describe("a gateway that is none", () => {
  const servers: Record<string, (response: ServerResponse) => void> = {
    "answers everything with a web page": (response) => {
      response
        .writeHead(200, { "content-type": "text/html" })
        .end("<html>Welcome to nginx!</html>");
    },
    "answers everything with JSON of something else": (response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"hello": ["world"]}');
    },
    "fails at everything": (response) => {
      response.writeHead(500).end("x".repeat(100_000));
    },
    "hangs up": (response) => {
      response.destroy();
    },
  };

  it.each(Object.entries(servers))(
    "that %s gets one sentence from every command",
    async (_how, answer) => {
      reply = answer;
      await each(commands, async (args) => {
        expectPolite(args.join(" "), await run(args), [1, 2, 3]);
      });
    },
    240_000,
  );

  it("is what the doctor says it is", async () => {
    reply = (response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html></html>");
    };
    expectPolite("doctor", await run(["doctor"]), [1, 3]);
  }, 240_000);
});

describe("a folder that is no archive", () => {
  const key = Buffer.alloc(32, 7).toString("base64");

  it("is named where it is empty, and is never fine", async () => {
    const { code, err } = await run(["verify", "a-folder", "--key", key]);
    expect([code, err]).toEqual([3, expect.stringMatching(/There is no archive in ".*a-folder"/)]);
  });

  it("is no archive whose folders hold others, and what one would look like is said", async () => {
    const { code, out, err } = await run(["verify", folder, "--key", key]);
    expect([code, out]).toEqual([1, expect.stringContaining("NOT OK")]);
    expect(err).toContain("is an archive: name the folder");
  });
});

describe("files and words that are not what is asked for", () => {
  const rude: string[][] = [
    ...["torn.json", "bytes.json", "list.json", "a-folder", "no-such.json"].flatMap((file) => [
      ["what-if", file],
      ["policy", "apply", file],
      ["policy", "import-cf", file],
      ["verify", file, "--key", Buffer.alloc(32, 7).toString("base64")],
    ]),
    ["verify", "a-folder", "--key", "a-folder"],
    ["verify", "a-folder", "--key", "bytes.json"],
    ["verify", "a-folder", "--key", "x", "--threads", "-1"],
    ["export", "--from", "yesterday-ish"],
    ["export", "--out", "/no/such/folder/file"],
    ["replay", "../../etc/passwd"],
    ["replay", "\u0000"],
    ["replay", "--at", "never"],
    ["replay", "--user", "alice", "--seq", "1e99"],
    ["tail", "--count", "0"],
    ["erase", "alice", "--confirm", "bob"],
    ["correct-price", "gpt", "--from", "x", "--to", "y", "--input", "1", "--output", "z"],
    ["policy", "set", "limits"],
    ["policy", "rollback", "last"],
    ["keys", "issue"],
    ["members", "set", "alice", "role=king"],
    ["budgets", "--url", "javascript:alert(1)"],
    ["budgets", "--url", "http://user:secret@host"],
    ["start", "--port", "seventy"],
    ["start", "--policy", "no-such.json"],
    ["start", "--var", "novalue"],
    ["constructor"],
    ["__proto__"],
    ["budgets", "--json=maybe"],
    ["x".repeat(100_000)],
  ].filter((args) => !args.includes("\u0000"));

  it("get one sentence each, and nothing is asked of anybody in vain", async () => {
    reply = (response) => {
      response
        .writeHead(404, { "content-type": "application/json" })
        .end('{"error":{"code":"not_found","message":"Nothing is here."}}');
    };
    await each(rude, async (args) => {
      expectPolite(args.join(" ").slice(0, 80), await run(args), [1, 2, 3]);
    });
  }, 240_000);
});

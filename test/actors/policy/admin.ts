/** A client of the admin socket, for tests inside workerd. */
import { env } from "cloudflare:workers";
import * as superjson from "superjson";
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import type { AdminEvent, AdminHello, AdminRefusal } from "#actors/policy/frames.ts";
import { handleAdminSocket } from "#edge/admin/socket.ts";
import { samplePolicy } from "../../policy/sample.ts";

export const bindings = env as unknown as Env;

export function stubOf(organisation: string) {
  return bindings.POLICY.getByName(policyName(bindings.TALLYGATE_SECRET, organisation));
}

export const members = [
  { id: "ada", role: "admin" },
  { id: "eve", role: "admin" },
  { id: "aud", role: "auditor" },
  { id: "bob", role: "member", tier: "premium" },
];

export function founding(organisation: string) {
  return {
    command: "setup",
    at: 0,
    organisation,
    ledgerShards: 4,
    members,
    policy: samplePolicy(),
  };
}

/** Founds an organisation; returns every member's key. */
export async function foundOrganisation(organisation: string): Promise<Record<string, string>> {
  const reply = await stubOf(organisation).found(founding(organisation));
  if (!reply.ok) throw new Error(reply.message);
  return reply.keys;
}

/** A request to open the socket. */
export function upgradeRequest(key: string | undefined, headers: Record<string, string> = {}) {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return new Request("https://gateway.test/admin/socket", {
    headers: { upgrade: "websocket", ...authorization, ...headers },
  });
}

export interface Answer {
  id: string | null;
  ok: boolean;
  seq: number;
  result: Record<string, unknown>;
  code: AdminRefusal["code"];
  message: string;
  problems?: { path: string }[];
}

/** One open socket: frames in order, and a way to wait for the next that fits. */
export class AdminClient {
  readonly #socket: WebSocket;
  readonly frames: unknown[] = [];
  readonly #waiting: (() => void)[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener("message", ({ data }) => {
      this.frames.push(superjson.parse(String(data)));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  raw(text: string | ArrayBuffer): void {
    this.#socket.send(text);
  }

  post(frame: object): void {
    this.raw(superjson.stringify(frame));
  }

  async ask(frame: { id: string } & Record<string, unknown>): Promise<Answer> {
    this.post(frame);
    return await this.take((seen): seen is Answer => (seen as Answer).id === frame.id);
  }

  async hello(): Promise<AdminHello["hello"]> {
    const frame = await this.take((seen): seen is AdminHello => "hello" in (seen as object));
    return frame.hello;
  }

  async event(type: string): Promise<AdminEvent["event"]> {
    const frame = await this.take(
      (seen): seen is AdminEvent => (seen as Partial<AdminEvent>).event?.type === type,
    );
    return frame.event;
  }

  /** Takes the first frame that fits out of the list, once it is there. */
  async take<T>(fits: (frame: unknown) => frame is T): Promise<T> {
    for (;;) {
      const index = this.frames.findIndex((frame) => fits(frame));
      if (index !== -1) return this.frames.splice(index, 1)[0] as T;
      if (this.closed) throw new Error(`closed: ${this.closed.code} ${this.closed.reason}`);
      await new Promise<void>((wake) => {
        this.#waiting.push(wake);
      });
    }
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    while (this.closed === undefined) {
      await new Promise<void>((wake) => {
        this.#waiting.push(wake);
      });
    }
    return this.closed;
  }

  close(code?: number): void {
    this.#socket.close(code);
  }
}

/** Opens a socket through the edge and waits for its greeting. */
export async function connect(key: string, headers: Record<string, string> = {}) {
  const response = await handleAdminSocket(upgradeRequest(key, headers), bindings);
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`);
  const client = new AdminClient(response.webSocket);
  return { client, hello: await client.hello(), response };
}

/** A client of the admin socket for command lines: one question, one answer; events as they come. */
import { randomUUID } from "node:crypto";
import * as superjson from "superjson";
import type { AdminAnswer, AdminEvent, AdminFrame, AdminHello } from "#actors/policy/frames.ts";
import { Complaint, problemLines, REFUSED, type Target, UNREACHED } from "./policy-target.ts";

/** The commands without their ids, which are made here. */
export type Ask = AdminFrame extends infer F
  ? F extends { id: string }
    ? Omit<F, "id">
    : never
  : never;

type Frame = AdminHello | AdminEvent | AdminAnswer;
type Event = AdminEvent["event"];

/** Node's own WebSocket takes headers, which the standard one does not know. */
const NodeWebSocket = WebSocket as unknown as new (
  url: string,
  options: { headers: Record<string, string>; protocols: string[] },
) => WebSocket;

const answerTimeoutMs = 30_000;

/** A socket to one of the gateway's addresses, as the target's member. */
export function openSocket(target: Target, at: string, protocols: string[] = []): WebSocket {
  const url = new URL(at, target.url);
  url.protocol = url.protocol.replace("http", "ws");
  const headers = { authorization: `Bearer ${target.key}` };
  return new NodeWebSocket(url.href, { headers, protocols });
}

export class AdminClient {
  readonly #socket: WebSocket;
  readonly #answers = new Map<string, (answer: AdminAnswer) => void>();
  readonly #listeners = new Set<(event: Event) => void>();
  #greet: (hello: AdminHello["hello"]) => void = () => {};
  #fail: (error: Error) => void = () => {};
  /** Rejects once the connection is lost. */
  readonly lost: Promise<never>;
  hello!: AdminHello["hello"];

  constructor(target: Target) {
    this.#socket = openSocket(target, "/admin/socket", ["tallygate.v1"]);
    this.lost = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.lost.catch(() => {});
    this.#socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
    this.#socket.addEventListener("error", () => this.#fail(new Error("error")));
    this.#socket.addEventListener("close", ({ reason }) => {
      this.#fail(
        new Complaint(`The gateway closed the connection (${reason || "no reason"}).`, UNREACHED),
      );
    });
  }

  /** Connects and waits for the greeting; a failure says what to do about it. */
  static async open(target: Target): Promise<AdminClient> {
    const client = new AdminClient(target);
    const greeted = new Promise<AdminHello["hello"]>((resolve) => {
      client.#greet = resolve;
    });
    try {
      client.hello = await Promise.race([greeted, client.lost]);
    } catch {
      throw await reasonOf(target);
    }
    return client;
  }

  /** Sends a command; resolves with its result, or throws what the gateway said. */
  async ask(command: Ask): Promise<Record<string, unknown>> {
    const id = randomUUID();
    const answered = new Promise<AdminAnswer>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Complaint("The gateway did not answer in time.", UNREACHED)),
        answerTimeoutMs,
      );
      this.#answers.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
    this.#socket.send(superjson.stringify({ ...command, id }));
    const answer = await Promise.race([answered, this.lost]);
    if (answer.ok) return answer.result as Record<string, unknown>;
    const lines = [answer.message, ...problemLines(answer.problems ?? [])];
    throw new Complaint(lines.join("\n"), REFUSED);
  }

  /** Calls back for every event that others, or time, bring about. */
  listen(listener: (event: Event) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#socket.close(1000);
  }

  #receive(text: string): void {
    const frame = superjson.parse<Frame>(text);
    if ("hello" in frame) this.#greet(frame.hello);
    else if ("event" in frame) for (const listener of this.#listeners) listener(frame.event);
    else if (frame.id === null) {
      this.#fail(new Complaint(frame.ok ? "" : frame.message, REFUSED));
    } else {
      this.#answers.get(frame.id)?.(frame);
      this.#answers.delete(frame.id);
    }
  }
}

/** A WebSocket does not tell why it did not open; the same address over HTTP does. */
async function reasonOf({ url, key }: Target): Promise<Complaint> {
  let response: Response;
  try {
    response = await fetch(new URL("/admin/socket", url), {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    return new Complaint(`Nothing answers at ${url}: is the gateway running?`, UNREACHED);
  }
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  const { message } = body.error ?? {};
  if (response.status === 426 || message === undefined) {
    return new Complaint(`No Tallygate gateway opened a socket at ${url}.`, UNREACHED);
  }
  return new Complaint(message, REFUSED);
}

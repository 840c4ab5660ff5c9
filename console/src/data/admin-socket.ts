/**
 * The admin socket of the organisation's PolicyActor: one question, one answer; events as they come.
 * It reconnects by itself, asks again what a lost connection left unanswered (the server answers a
 * command that it carried out already with the same answer), and tells what happened meanwhile.
 */
import { WebSocket as ReconnectingWebSocket } from "partysocket";
import * as superjson from "superjson";
import type { AdminAnswer, AdminEvent, AdminFrame, AdminHello } from "#actors/policy/frames.ts";
import { ApiError, doubtSession } from "./api.ts";
import { reportDown, reportFine } from "./connection.ts";

export type AdminAsk = AdminFrame extends infer F
  ? F extends { id: string }
    ? Omit<F, "id">
    : never
  : never;

/** A refusal of the socket: like the API's, with the places that are wrong. */
export class AdminRefused extends ApiError {
  readonly problems: readonly { path: string; message: string }[];

  constructor(answer: Extract<AdminAnswer, { ok: false }>) {
    super(400, answer.code, answer.message);
    this.problems = answer.problems ?? [];
  }
}

export type AdminState = "connecting" | "live" | "reconnecting" | "refused";
type Listener = (event: AdminEvent["event"]) => void;

interface Waiting {
  text: string;
  settle: (answer: AdminAnswer) => void;
  fail: (error: ApiError) => void;
}

const answerTimeoutMs = 20_000;

export class AdminSocket {
  readonly #socket: ReconnectingWebSocket;
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners = new Set<Listener>();
  readonly #stateListeners = new Set<() => void>();
  #seq: number | undefined;
  #greeted = false;
  #isClosed = false;
  state: AdminState = "connecting";

  constructor() {
    const url = new URL("/admin/socket", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.#socket = new ReconnectingWebSocket(url.href, ["tallygate.v1"], {
      minReconnectionDelay: 500,
      maxReconnectionDelay: 15_000,
      maxEnqueuedMessages: 0,
    });
    this.#socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
    this.#socket.addEventListener("close", () => {
      this.#greeted = false;
      if (this.#isClosed || this.state === "refused") return;
      this.#setState("reconnecting");
      reportDown(this, () => this.#socket.reconnect());
      doubtSession();
    });
  }

  /** Sends a command; resolves with its result, rejects with an `ApiError`. */
  ask<T>(command: AdminAsk): Promise<T> {
    const id = crypto.randomUUID();
    const text = superjson.stringify({ ...command, id });
    return new Promise<T>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      const timer = setTimeout(() => {
        done();
        reject(
          new ApiError(
            0,
            "offline",
            "The gateway did not answer in time. Look at the result before you try again.",
          ),
        );
      }, answerTimeoutMs);
      this.#waiting.set(id, {
        text,
        settle: (answer) => {
          done();
          if (answer.ok) resolve(answer.result as T);
          else reject(new AdminRefused(answer));
        },
        fail: (error) => {
          done();
          reject(error);
        },
      });
      if (this.#greeted) this.#socket.send(text);
    });
  }

  /** Calls back for every event that others, time, or one's own commands bring about. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onState(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** For good: whoever waits for an answer is told that none comes. */
  close(): void {
    this.#isClosed = true;
    reportFine(this);
    this.#socket.close(1000);
    const error = new ApiError(0, "offline", "The connection was closed before an answer came.");
    for (const waiting of this.#waiting.values()) waiting.fail(error);
  }

  #setState(state: AdminState): void {
    this.state = state;
    for (const listener of this.#stateListeners) listener();
  }

  #receive(text: string): void {
    const frame = superjson.parse<AdminHello | AdminEvent | AdminAnswer>(text);
    if ("hello" in frame) this.#greet(frame.hello);
    else if ("event" in frame) this.#tell(frame.event);
    else if (frame.id === null) this.#refuse(frame.ok ? undefined : frame);
    else this.#waiting.get(frame.id)?.settle(frame);
  }

  #greet(hello: AdminHello["hello"]): void {
    this.#greeted = true;
    reportFine(this);
    this.#setState("live");
    // What happened while the connection was down comes as events, before anything else is asked.
    if (this.#seq !== undefined && this.#seq < hello.seq) {
      this.#socket.send(
        superjson.stringify({ id: crypto.randomUUID(), type: "Resume", since: this.#seq }),
      );
    }
    this.#seq = Math.max(this.#seq ?? 0, hello.seq);
    for (const { text } of this.#waiting.values()) this.#socket.send(text);
  }

  #tell(event: AdminEvent["event"]): void {
    this.#seq = Math.max(this.#seq ?? 0, event.seq);
    for (const listener of this.#listeners) listener(event);
  }

  /** The server sent us away: the membership ended, or there are too many sockets. */
  #refuse(answer: Extract<AdminAnswer, { ok: false }> | undefined): void {
    if (answer === undefined) return;
    if (answer.code === "forbidden" || answer.code === "too_many_sockets") {
      this.#setState("refused");
      reportFine(this);
      this.#socket.close();
      doubtSession();
    }
    for (const waiting of this.#waiting.values()) waiting.fail(new AdminRefused(answer));
  }
}

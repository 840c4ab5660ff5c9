/**
 * Cloudflare's universal endpoint over a WebSocket: each message is a call of its own through the
 * same pipeline, limits and books as over HTTP, under the identity that opened the socket. Source:
 * developers.cloudflare.com/ai-gateway/usage/websockets-api (November 2026); browsers, which cannot
 * set headers, offer `cf-aig-authorization.{key}` as a protocol.
 *
 * Invariants: every message is answered, once for what is refused; what is under way when a socket
 * closes is aborted and settled; a socket that floods or whose caller is no longer known is closed.
 */
import { FloodGuard } from "#actors/policy/flood.ts";
import type { Env } from "#actors/kit/env.ts";
import { identify } from "../auth/identify.ts";
import { withinScope } from "../auth/scope.ts";
import { fromUnknown, GatewayError } from "../errors.ts";
import { currentPolicy } from "../policy-cache.ts";
import type { Target } from "../surface/addresses.ts";
import { requireAccount } from "../surface/cloudflare.ts";
import { serveAttempts, type Serve } from "../surface/universal.ts";
import { socketAttemptsMax, socketRequestsMax, socketsPerMemberMax } from "./limits.ts";
import { sendAnswer } from "./socket-answer.ts";
import { errorMessage, eventIdOf, readCreate, type Create } from "./socket-messages.ts";

const KEY_PROTOCOL_PREFIX = "cf-aig-authorization.";
/** Headers that belong to the handshake, not to the calls. */
const HANDSHAKE = /^(?:connection|upgrade|sec-websocket-.+|content-.+|transfer-encoding)$/;

/** Makes a call of `create`, as the caller of `request`. */
type Answer = (request: Request, create: Create) => Promise<Response>;

/** Open sockets of each member, in this isolate. */
const open = new Map<string, number>();

/** Answers an upgrade; throws typed refusals for who may not come in. */
export async function openUniversalSocket(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  target: Target,
  serve: Serve,
): Promise<Response> {
  const protocol = keyProtocolOf(request.headers);
  const caller = callerOf(request, protocol);
  const principal = withinScope(request, await identify(caller, env, Date.now()), "inference");
  const { snapshot } = await currentPolicy(env, ctx, principal.organisation);
  requireAccount(target, principal.organisation, snapshot.document);
  const member = `${principal.organisation}/${principal.member.id}`;
  const count = open.get(member) ?? 0;
  if (count >= socketsPerMemberMax) {
    const message = `You have ${count} sockets open here; a request on one of them does as well.`;
    throw new GatewayError("concurrency_limited", message);
  }
  open.set(member, count + 1);
  const { 0: theirs, 1: ours } = new WebSocketPair();
  ours.accept();
  const talk = new Talk(ours, caller, (one, { attempts }) =>
    serveAttempts(attempts, one, env, ctx, target, serve),
  );
  ours.addEventListener("message", ({ data }) => ctx.waitUntil(talk.hear(data)));
  let isOpen = true;
  const left = (): void => {
    if (!isOpen) return;
    isOpen = false;
    const rest = (open.get(member) ?? 1) - 1;
    if (rest === 0) open.delete(member);
    else open.set(member, rest);
    talk.end(1000, "");
  };
  ours.addEventListener("close", left);
  ours.addEventListener("error", left);
  return new Response(null, {
    status: 101,
    webSocket: theirs,
    // A browser drops a connection whose offer of protocols is not answered.
    headers: protocol === undefined ? {} : { "sec-websocket-protocol": protocol },
  });
}

/** Whose the calls are: the handshake as a request that changes something, so judged as one. */
function callerOf(request: Request, protocol: string | undefined): Request {
  const headers = new Headers();
  for (const [name, value] of request.headers) {
    if (!HANDSHAKE.test(name)) headers.set(name, value);
  }
  if (protocol !== undefined && !headers.has("cf-aig-authorization")) {
    headers.set("cf-aig-authorization", `Bearer ${protocol.slice(KEY_PROTOCOL_PREFIX.length)}`);
  }
  return new Request(request.url, { method: "POST", headers });
}

function keyProtocolOf(headers: Headers): string | undefined {
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",");
  return offered.map((text) => text.trim()).find((text) => text.startsWith(KEY_PROTOCOL_PREFIX));
}

/** What is said on one socket. */
class Talk {
  readonly #socket: WebSocket;
  readonly #caller: Request;
  readonly #answer: Answer;
  readonly #floods = new FloodGuard();
  readonly #running = new Set<AbortController>();
  #attempts = 0;
  #isOpen = true;

  constructor(socket: WebSocket, caller: Request, answer: Answer) {
    this.#socket = socket;
    this.#caller = caller;
    this.#answer = answer;
  }

  /** Answers one message. */
  async hear(data: unknown): Promise<void> {
    if (!this.#isOpen) return;
    let create: Create;
    try {
      this.#requireCalm();
      create = readCreate(data);
      this.#requireRoom(create);
    } catch (error) {
      this.#send(errorMessage(fromUnknown(error), eventIdOf(data)));
      if (error instanceof Dismissed) this.end(error.closeCode, error.reason);
      return;
    }
    const abort = new AbortController();
    this.#running.add(abort);
    try {
      const response = await this.#answer(this.#requestOf(create, abort.signal), create);
      await sendAnswer(response, create.eventId, (text) => this.#send(text));
      if (response.status === 401) this.end(1008, "this key is not valid any more");
    } catch (error) {
      this.#send(errorMessage(fromUnknown(error), create.eventId));
    } finally {
      this.#running.delete(abort);
    }
  }

  /** Closes the socket and aborts what is under way; nothing is sent from then on. */
  end(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const abort of this.#running) abort.abort();
    try {
      this.#socket.close(code, reason);
    } catch {
      // It is closed already.
    }
  }

  #requireCalm(): void {
    if (this.#floods.allows("", Date.now())) return;
    throw new Dismissed(1008, "flood", "Too many messages at once; connect again and send slower.");
  }

  #requireRoom({ count }: Create): void {
    if (this.#running.size >= socketRequestsMax) {
      const message = `${socketRequestsMax} requests are under way on this socket. Wait for one, or open another socket.`;
      throw new GatewayError("concurrency_limited", message);
    }
    this.#attempts += count;
    if (this.#attempts <= socketAttemptsMax) return;
    const message = `This socket has had its ${socketAttemptsMax} attempts. Open a new one.`;
    throw new Dismissed(1012, "connect again", message);
  }

  #requestOf({ eventId }: Create, signal: AbortSignal): Request {
    const headers = new Headers(this.#caller.headers);
    // What no header can carry is echoed in the messages all the same.
    if (eventId !== undefined && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(eventId)) {
      headers.set("cf-aig-event-id", eventId);
    }
    return new Request(this.#caller.url, { method: "POST", headers, signal });
  }

  #send(text: string): void {
    if (!this.#isOpen) return;
    try {
      this.#socket.send(text);
    } catch {
      this.end(1011, "the message could not be sent");
    }
  }
}

/** A refusal after which the socket is closed. */
class Dismissed extends GatewayError {
  readonly closeCode: number;
  readonly reason: string;

  constructor(closeCode: number, reason: string, message: string) {
    super("concurrency_limited", message);
    this.closeCode = closeCode;
    this.reason = reason;
  }
}

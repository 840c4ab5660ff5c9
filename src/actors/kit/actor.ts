/**
 * The base of every actor, and the only file that knows partyserver.
 *
 * Denied by default: nothing reaches an actor from outside unless a subclass opens it, and no error
 * tells a caller more than that there was one.
 */
import { Server, type Connection, type ConnectionContext } from "partyserver";
import type { Env } from "./env.ts";

export type { Connection, ConnectionContext };

/** What a close without a code is told as. RFC 6455, section 7.1.5. */
const noCloseCode = 1005;

export abstract class Actor extends Server<Env> {
  static override options = { hibernate: true };

  /** Runs the actor's own alarm; partyserver's would first run `onStart`, which we do not use. */
  override async alarm(): Promise<void> {
    await this.onAlarm();
  }

  override fetch(request: Request): Promise<Response> {
    if (!this.accepts(request)) return Promise.resolve(new Response(null, { status: 403 }));
    return super.fetch(request).then(
      (response) => (response.status >= 500 ? new Response(null, { status: 500 }) : response),
      () => new Response(null, { status: 500 }),
    );
  }

  /** Whether a request may reach `onRequest` or `onConnect`; the edge has vouched for it by RPC. */
  protected accepts(_request: Request): boolean {
    return false;
  }

  /**
   * Answers every close. One without a code (1005, what a browser's `close()` sends) partyserver
   * leaves unanswered, since 1005 may not be sent: the other side would wait until the actor sleeps.
   */
  override async webSocketClose(
    socket: WebSocket,
    code: number,
    reason: string,
    wasClean: boolean,
  ): Promise<void> {
    await super.webSocketClose(socket, code, reason, wasClean);
    if (code === noCloseCode) socket.close(1000);
  }

  override onRequest(): Response {
    return new Response(null, { status: 403 });
  }

  override onConnect(connection: Connection): void | Promise<void> {
    connection.close(1008, "this actor takes no connections");
  }
}

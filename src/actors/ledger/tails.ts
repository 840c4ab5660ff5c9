/** The sockets of live tails: who may open one, and what each is sent. */
import type { Connection } from "#actors/kit/actor.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { TAIL_FILTER_PARAM } from "./api.ts";
import { tailsMax } from "./limits.ts";
import { parseTailFilter, TailPace, type TailState } from "./tail.ts";

export class Tails {
  readonly #connections: () => Iterable<Connection<TailState>>;
  readonly #pace = new TailPace();

  constructor(connections: () => Iterable<Connection<TailState>>) {
    this.#connections = connections;
  }

  /** Lets a connection listen, or closes it. */
  open(connection: Connection): void {
    const query = new URL(connection.uri ?? "https://ledger/").searchParams;
    const filter = parseTailFilter(query.get(TAIL_FILTER_PARAM));
    if (filter === undefined) return connection.close(1008, "not a filter");
    if ([...this.#connections()].length > tailsMax) {
      return connection.close(1013, "too many live tails; try again later");
    }
    connection.setState({ filter } satisfies TailState);
  }

  forget(connection: Connection): void {
    this.#pace.forget(connection.id);
  }

  /** Sends each tail the entries that it asked for. */
  send(entries: readonly AuditEntry[]): void {
    if (entries.length === 0) return;
    const at = Date.now();
    for (const connection of this.#connections()) {
      const state = connection.state as TailState | null;
      if (state === null) continue;
      for (const frame of this.#pace.frames(connection.id, state.filter, entries, at)) {
        connection.send(JSON.stringify(frame));
      }
    }
  }
}

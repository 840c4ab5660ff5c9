/** A courier as a ledger shard has it: its log, its views, its organisation's policy. */
import type { Env } from "#actors/kit/env.ts";
import { policyName, userStream } from "#actors/kit/names.ts";
import { namedSecret } from "#actors/kit/secrets.ts";
import type { PolicySnapshot } from "#policy/snapshot.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { Archivist } from "../archivist.ts";
import type { Log } from "../log.ts";
import type { CountingSql } from "../sql.ts";
import { Courier, type SinksNow } from "./courier.ts";
import { SinkStore } from "./store.ts";

/** What of the shard a courier uses. */
export interface ShardParts {
  shard: string;
  sql: CountingSql;
  log: Log;
  archivist: Archivist;
  readonly organisation: () => string | undefined;
  readonly entry: (requestId: string) => AuditEntry | undefined;
}

export function openCourier(env: Env, parts: ShardParts): { courier: Courier; store: SinkStore } {
  const { shard, sql, log, archivist, organisation, entry } = parts;
  const { TALLYGATE_SECRET: secret } = env;
  const store = new SinkStore(sql);
  const courier = new Courier({
    shard,
    store,
    size: () => log.size,
    read: (pos, limit) => archivist.eventsFrom(pos, limit),
    entry,
    policy: async (): Promise<SinksNow | undefined> => {
      const owner = organisation();
      if (owner === undefined) return undefined;
      const policy = env.POLICY.getByName(policyName(secret, owner));
      const snapshot = (await policy.snapshot(null)) as PolicySnapshot | null;
      if (snapshot === null) return undefined;
      return { organisation: owner, sinks: snapshot.document.sinks ?? [] };
    },
    secret: (name) => namedSecret(env, name),
    // A member's stream is named so that nobody can tell whose it is, and is the same every time.
    pseudonym: (owner, member) => userStream(secret, owner, member),
    fetcher: (...args) => fetch(...args),
    now: () => Date.now(),
    random: () => Math.random(),
    allowPrivate: env.TALLYGATE_ALLOW_PRIVATE === "1",
  });
  return { courier, store };
}

/** Retention as a ledger shard has it: its archive, its sinks, its organisation's policy. */
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import type { PolicySnapshot } from "#policy/snapshot.ts";
import type { Archivist } from "./archivist.ts";
import { BaseWriter } from "./base-writer.ts";
import type { Meta } from "./meta.ts";
import { Retention } from "./retention.ts";
import type { ShardViews } from "./shard-views.ts";
import type { SinkStore } from "./sinks/store.ts";
import type { CountingSql } from "./sql.ts";

/** What of the shard retention uses. */
export interface RetentionParts {
  shard: string;
  sql: CountingSql;
  meta: Meta;
  archivist: Archivist;
  sinks: SinkStore;
  views: ShardViews;
  readonly organisation: () => string | undefined;
  readonly atomically: (work: () => void) => void;
}

export function openRetention(env: Env, parts: RetentionParts): Retention {
  const { shard, sql, meta, archivist, sinks, views, organisation, atomically } = parts;
  const { archive } = archivist;
  const segment = (n: number) => archivist.segment(n);
  return new Retention({
    meta,
    archivist,
    writer: new BaseWriter({ sql, meta, archive, atomically, segment }),
    atomically,
    home: () => {
      const owner = organisation();
      return owner === undefined ? undefined : { organisation: owner, shard };
    },
    policy: async () => {
      const owner = organisation();
      if (owner === undefined) return undefined;
      const policy = env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, owner));
      const snapshot = (await policy.snapshot(null)) as PolicySnapshot | null;
      return snapshot?.document.retention;
    },
    neededFrom: () => sinks.neededFrom,
    forgetEntries: (before, limit) => views.forgetEntries(before, limit),
  });
}

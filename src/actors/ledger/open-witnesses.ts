/** Witnesses as a ledger shard has them: its archive, its faults, the deployment's configuration. */
import type { Env } from "#actors/kit/env.ts";
import type { Archivist } from "./archivist.ts";
import type { Faults } from "./faults.ts";
import type { Meta } from "./meta.ts";
import type { CountingSql } from "./sql.ts";
import { Witnesses } from "./witnesses.ts";

/** What of the shard is used. */
export interface WitnessesParts {
  sql: CountingSql;
  meta: Meta;
  archivist: Archivist;
  faults: Faults;
}

export function openWitnesses(env: Env, parts: WitnessesParts): Witnesses {
  const { sql, meta, archivist, faults } = parts;
  return new Witnesses({
    sql,
    meta,
    configured: env.TALLYGATE_WITNESSES,
    store: () => archivist.store,
    size: () => (archivist.archive.last?.n ?? -1) + 1,
    treeAt: (size) => archivist.archive.placeAfter(size)?.tree,
    fetcher: (...args) => fetch(...args),
    now: () => Date.now(),
    onFork: (message, seq) => faults.note({ stream: "", epoch: 0, seq, kind: "mismatch", message }),
  });
}

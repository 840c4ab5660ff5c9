/**
 * Names of actors and streams: keyed hashes, so that a name tells nothing about whose it is and
 * nobody without the deployment's secret can compute one.
 */
import { createHmac } from "node:crypto";

function keyedHash(secret: string, parts: readonly string[]): string {
  // A JSON list keeps ("a", "bc") and ("ab", "c") apart.
  return createHmac("sha256", secret).update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/**
 * A UserActor's name, which is its stream: one principal of one organisation. Those who are split
 * have several; the first is the one that they had before.
 */
export function userStream(
  secret: string,
  organisation: string,
  memberId: string,
  shard = 0,
): string {
  const parts = ["user", organisation, memberId];
  return `u_${keyedHash(secret, shard === 0 ? parts : [...parts, String(shard)])}`;
}

/** All actors of a member of whom `most` ever served. */
export function userStreams(
  secret: string,
  organisation: string,
  memberId: string,
  most = 1,
): string[] {
  return Array.from({ length: most }, (_, shard) =>
    userStream(secret, organisation, memberId, shard),
  );
}

/** A PolicyActor's name, which is its stream. */
export function policyName(secret: string, organisation: string): string {
  return `p_${keyedHash(secret, ["policy", organisation])}`;
}

const budgetPrefix = "b_";

/** A BudgetActor's name, which is its stream: one budget of one team, or of the organisation. */
export function budgetStream(
  secret: string,
  organisation: string,
  budget: string,
  scope: string,
): string {
  return `${budgetPrefix}${keyedHash(secret, ["budget", organisation, budget, scope])}`;
}

/** The name of a shared rate's counter: another unit is another counter. */
export function rateStream(
  secret: string,
  organisation: string,
  { name, scope, metric }: { name: string; scope: string; metric: string },
): string {
  return `${budgetPrefix}${keyedHash(secret, ["rate", organisation, name, scope, metric])}`;
}

/** Whether a stream is a budget's: what leases credit is a principal or another budget. */
export function isBudgetStream(stream: string): boolean {
  return stream.startsWith(budgetPrefix);
}

/** The LedgerActor that collects a stream: one of the organisation's `shards`. */
export function ledgerName(
  secret: string,
  organisation: string,
  stream: string,
  shards: number,
): string {
  return `${ledgerPrefix(secret, organisation)}${shardOf(stream, shards)}`;
}

/** Every LedgerActor of an organisation, for questions that go to all. */
export function ledgerNames(secret: string, organisation: string, shards: number): string[] {
  const prefix = ledgerPrefix(secret, organisation);
  return Array.from({ length: shards }, (_, shard) => `${prefix}${shard}`);
}

function ledgerPrefix(secret: string, organisation: string): string {
  return `l_${keyedHash(secret, ["ledger", organisation])}_`;
}

/** FNV-1a, 32 bit: streams are keyed hashes already, so any even spread does. */
function shardOf(stream: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < stream.length; index += 1) {
    hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

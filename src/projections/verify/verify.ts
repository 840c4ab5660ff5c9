/**
 * Verifies the archive of an organisation: each shard, and what holds between them. Shards know
 * nothing of each other until the end, so whoever has threads gives each a shard of its own.
 */
import type { ShardArtefacts } from "./artefacts.ts";
import { Findings, type Finding } from "./finding.ts";
import { ShardVerifier, type ShardReport, type VerifyOptions } from "./shard.ts";
import { PolicyVersions, type PolicyNames } from "./policy-versions.ts";

/** What one shard by itself gave; plain data, so it may come from another thread. */
export interface ShardVerdict {
  report: ShardReport;
  /** The first findings; `count` is how many there were. */
  findings: readonly Finding[];
  count: number;
  policies: PolicyNames;
}

export interface VerifyReport {
  shards: ShardReport[];
  /** The first findings; `count` is how many there were. */
  findings: readonly Finding[];
  count: number;
}

/** Verifies one shard. */
export async function verifyShard(
  artefacts: ShardArtefacts,
  options: VerifyOptions,
): Promise<ShardVerdict> {
  const findings = new Findings();
  const policies = new PolicyVersions();
  const report = await new ShardVerifier(artefacts, options, findings, policies).run();
  const { list, count } = findings;
  return { report, findings: list, count, policies: policies.names() };
}

/** What all shards give together, in their order. */
export function conclude(verdicts: readonly ShardVerdict[]): VerifyReport {
  const findings = new Findings();
  const policies = new PolicyVersions();
  for (const { report, findings: found, count, policies: names } of verdicts) {
    found.forEach((finding) => findings.add(finding));
    findings.count += count - found.length;
    for (const message of policies.merge(names)) {
      findings.add({ kind: "policy", message, shard: report.shard });
    }
  }
  const shards = verdicts.map(({ report }) => report);
  const [first] = shards;
  if (first !== undefined) {
    for (const message of policies.strangers()) {
      findings.add({ kind: "policy", message, shard: first.shard });
    }
  }
  return { shards, findings: findings.list, count: findings.count };
}

/** Verifies shards one after the other. */
export async function verifyArchive(
  shards: readonly ShardArtefacts[],
  options: VerifyOptions,
): Promise<VerifyReport> {
  const verdicts: ShardVerdict[] = [];
  let before = 0;
  for (const artefacts of shards) {
    const onProgress = (events: number): void => options.onProgress?.(before + events);
    const verdict = await verifyShard(artefacts, { ...options, onProgress });
    before += verdict.report.events;
    verdicts.push(verdict);
  }
  return conclude(verdicts);
}

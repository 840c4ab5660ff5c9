/** Verifies the archive of an organisation: each shard, and what holds between them. */
import type { ShardArtefacts } from "./artefacts.ts";
import { Findings, type Finding } from "./finding.ts";
import { ShardVerifier, type ShardReport, type VerifyOptions } from "./shard.ts";
import { PolicyVersions } from "./streams.ts";

export interface VerifyReport {
  shards: ShardReport[];
  /** The first findings; `count` is how many there were. */
  findings: readonly Finding[];
  count: number;
}

/** Verifies shards one after the other. */
export async function verifyArchive(
  shards: readonly ShardArtefacts[],
  options: VerifyOptions,
): Promise<VerifyReport> {
  const findings = new Findings();
  const policies = new PolicyVersions();
  const reports: ShardReport[] = [];
  let before = 0;
  for (const artefacts of shards) {
    const onProgress = (events: number): void => options.onProgress?.(before + events);
    const verifier = new ShardVerifier(artefacts, { ...options, onProgress }, findings, policies);
    const report = await verifier.run();
    before += report.events;
    reports.push(report);
  }
  const [first] = shards;
  if (first !== undefined) {
    for (const message of policies.strangers()) {
      findings.add({ kind: "policy", message, shard: first.shard });
    }
  }
  return { shards: reports, findings: findings.list, count: findings.count };
}

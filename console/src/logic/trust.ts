/**
 * What a browser remembers of verifications: the newest checkpoint of each shard it has seen sound,
 * and the public key it first saw. An archive that is rewritten later does not begin with them.
 */
import type { Checkpoint } from "#events/checkpoint.ts";

export interface Trust {
  publicKeys: string[];
  checkpoints: Checkpoint[];
}

export const NO_TRUST: Trust = { publicKeys: [], checkpoints: [] };

const isText = (value: unknown): value is string => typeof value === "string";

function isCheckpoint(value: unknown): value is Checkpoint {
  const { origin, size, root } = (value ?? {}) as Partial<Checkpoint>;
  return (
    isText(origin) && Number.isSafeInteger(size) && isText(root) && /^[0-9a-f]{64}$/.test(root)
  );
}

/** Reads what was kept; whatever is not as it should be is nothing. */
export function readTrust(text: string | null): Trust {
  try {
    const { publicKeys, checkpoints } = JSON.parse(text ?? "") as Partial<Trust>;
    if (!Array.isArray(publicKeys) || !Array.isArray(checkpoints)) return NO_TRUST;
    return {
      publicKeys: publicKeys.filter(isText),
      checkpoints: checkpoints.filter(isCheckpoint),
    };
  } catch {
    return NO_TRUST;
  }
}

/** What is kept after a sound verification: the newer checkpoint of each shard, every key used. */
export function withHeads(
  trust: Trust,
  publicKeys: readonly string[],
  heads: readonly (Checkpoint | undefined)[],
): Trust {
  const byOrigin = new Map(trust.checkpoints.map((one) => [one.origin, one]));
  for (const head of heads) {
    if (head === undefined) continue;
    const known = byOrigin.get(head.origin);
    if (known === undefined || known.size < head.size) byOrigin.set(head.origin, head);
  }
  return {
    publicKeys: [...new Set([...trust.publicKeys, ...publicKeys])],
    checkpoints: [...byOrigin.values()],
  };
}

/** Keys that the gateway shows now and that were not there before: to be told, not to be trusted blindly. */
export function newKeys(trust: Trust, shown: readonly string[]): string[] {
  if (trust.publicKeys.length === 0) return [];
  return shown.filter((key) => !trust.publicKeys.includes(key));
}

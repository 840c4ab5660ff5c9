/** Policy versions of an archive: each is named, everywhere, by the hash under which it was published. */

import { canonicalJson } from "#events/canonical.ts";
import { hashBody } from "#events/envelope.ts";

/**
 * Says what is wrong with a policy document that an event of the policy's stream brings: it is the one
 * that its hash names, which every decision under it repeats.
 */
export function documentFault({ type, data }: { type: string; data: object }): string | undefined {
  if (type !== "PolicyPublished" && type !== "PolicyProposed") return undefined;
  const { document, hash } = data as { document: unknown; hash: string };
  const is = hashBody(canonicalJson(document));
  return is === hash ? undefined : `${type}: its document has the hash ${is}, not ${hash}`;
}

/** A policy version, and the hash under which it is named. */
export type PolicyName = [version: number, hash: string];

/** What a shard names of policy versions, each with its hash. */
export interface PolicyNames {
  published: PolicyName[];
  named: PolicyName[];
  /** Whether the policy's own stream is in the shard. */
  hasStream: boolean;
}

/** Policy versions: as published, and as requests name them. */
export class PolicyVersions {
  readonly #published = new Map<number, string>();
  readonly #named = new Map<number, string>();
  #hasStream = false;

  /** Says what is wrong with a version that an event names. */
  take(event: { type: string; data: object }): string | undefined {
    const named = this.note(event);
    return named === undefined ? undefined : this.#name(...named);
  }

  /** Takes an event, but for a version that it names and that was not named so before: that is told. */
  note({ type, data }: { type: string; data: object }): PolicyName | undefined {
    if (type === "OrganisationFounded") this.#hasStream = true;
    if (type === "PolicyPublished") {
      const { version, hash } = data as { version: number; hash: string };
      this.#published.set(version, hash);
    }
    if (type !== "RequestAdmitted" && type !== "RequestRefused") return undefined;
    const { policyVersion, policyHash } = data as { policyVersion: number; policyHash: string };
    const isKnown = this.#named.get(policyVersion) === policyHash;
    return isKnown ? undefined : [policyVersion, policyHash];
  }

  /** Says what is wrong with a version that is named. */
  name(named: PolicyName): string | undefined {
    return this.#name(...named);
  }

  /** All of it, as data: shards are read apart. */
  names(): PolicyNames {
    const hasStream = this.#hasStream;
    return { published: [...this.#published], named: [...this.#named], hasStream };
  }

  /** Adds what another shard, or a base, names; yields what does not fit. */
  *merge({ published, named, hasStream }: PolicyNames): Generator<string> {
    this.#hasStream ||= hasStream;
    for (const [version, hash] of published) this.#published.set(version, hash);
    for (const [version, hash] of named) {
      const wrong = this.#name(version, hash);
      if (wrong !== undefined) yield wrong;
    }
  }

  #name(version: number, hash: string): string | undefined {
    const known = this.#named.get(version);
    if (known === undefined) this.#named.set(version, hash);
    return known === undefined || known === hash
      ? undefined
      : `policy version ${version} is named with two hashes`;
  }

  /** Versions that requests name and nobody published; nothing when the policy's stream is elsewhere. */
  *strangers(): Generator<string> {
    if (!this.#hasStream) return;
    for (const [version, hash] of this.#named) {
      if (this.#published.get(version) !== hash) {
        yield `policy version ${version} with hash ${hash} was never published`;
      }
    }
  }
}

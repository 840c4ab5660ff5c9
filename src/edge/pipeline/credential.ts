/**
 * With which credential each candidate is asked: the caller's own key where policy lets it through,
 * else one of the provider's list. No key is read here, only where it stands.
 *
 * Invariants: a caller's key goes to the provider that the call named, and to nobody else: not to a
 * fallback, not to another provider of the same kind at another address. A call with such a key is
 * never paid with the organisation's.
 */
import type { ChainLink } from "#policy/compile.ts";
import { CALLER_ALIAS, credentialsFor, DEFAULT_ALIAS } from "#policy/credentials.ts";
import { providerOf } from "#providers/registry.ts";
import type { Asked } from "./asked.ts";
import { isWell } from "./circuits.ts";

/** A link that is asked with one credential; its alias stands in `credential`. */
export interface CredentialedLink extends ChainLink {
  /** Asked with the key that the caller brought. */
  callerKey?: boolean;
}

/** The links that can be asked, each with its credential, in the chain's order. */
export function withCredentials(
  chain: readonly ChainLink[],
  asked: Pick<Asked, "provider" | "options" | "providerKey">,
  requestId: string,
  at: number,
): CredentialedLink[] {
  const own = chain.filter((link) => takesCallerKey(link, asked));
  if (own.length > 0) {
    return own.map(({ secret: _secret, credentials: _list, ...link }) => ({
      ...link,
      credential: CALLER_ALIAS,
      callerKey: true,
    }));
  }
  return chain.flatMap((link) => pick(link, asked.options.credential, requestId, at));
}

function pick(
  link: ChainLink,
  wanted: string | undefined,
  requestId: string,
  at: number,
): ChainLink[] {
  const { credentials, ...rest } = link;
  if (credentials === undefined) {
    return wanted === undefined || wanted === DEFAULT_ALIAS ? [link] : [];
  }
  // A candidate's alias is the policy's word: a caller may name the same, not another.
  if (wanted !== undefined && link.credential !== undefined && wanted !== link.credential)
    return [];
  const choice = credentialsFor(credentials, link.credential ?? wanted, requestId);
  const links = choice.map(({ alias, secret }) => ({ ...rest, secret, credential: alias }));
  const best = links.find((one) => isWell(one, at)) ?? links[0];
  return best === undefined ? [] : [best];
}

function takesCallerKey(
  link: ChainLink,
  { provider: named, providerKey }: Pick<Asked, "provider" | "providerKey">,
): boolean {
  if (link.callerKeys !== true || named === undefined) return false;
  // Called by its kind, only the vendor's own address is meant.
  if (named !== link.provider && (link.baseUrl ?? link.binding) !== undefined) return false;
  const header = providerOf(link)?.credentialHeader;
  return header !== undefined && providerKey(header) !== undefined;
}

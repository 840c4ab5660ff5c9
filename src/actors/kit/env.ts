/** What the Worker and its actors are given by the runtime: bindings, secrets, plain settings. */
import type { BudgetActorApi } from "#actors/budget/api.ts";
import type { LedgerIngestApi } from "#actors/ledger/api.ts";
import type { PolicyActorApi } from "#actors/policy/api.ts";
import type { UserActorApi } from "#actors/user/commands.ts";

type Namespace<Api> = DurableObjectNamespace<Api & Rpc.DurableObjectBranded>;

/** Bindings as `wrangler.toml` names them. Providers' secrets are read by name, when they are used. */
export interface Env {
  USERS: Namespace<UserActorApi>;
  BUDGETS: Namespace<BudgetActorApi>;
  POLICY: Namespace<PolicyActorApi>;
  LEDGER: Namespace<LedgerIngestApi>;
  KEYS: KVNamespace;
  ARCHIVE: R2Bucket;
  /** Encrypted prompts and answers; without it none are kept. */
  PAYLOADS?: R2Bucket;
  /** The console's built files; absent where a Worker runs without them. */
  ASSETS?: Fetcher;
  /** Root secret of the deployment: names actors, signs sessions, opens `/setup`. */
  TALLYGATE_SECRET: string;
  /** Signs the archive's checkpoints: the base64 of 32 random bytes. Without it nothing is archived. */
  TALLYGATE_SIGNING_KEY?: string;
  /** Public keys that signed earlier, base64 each, separated by spaces: still published. */
  TALLYGATE_RETIRED_KEYS?: string;
  /**
   * When storage was last restored from a backup, ISO 8601: an actor that has not asked its ledger
   * since does so before it decides anything.
   */
  TALLYGATE_RESTORED_AT?: string;
  /** JSON `{quorum, witnesses: [{url, key}]}`: who is asked to cosign the archive's checkpoints. */
  TALLYGATE_WITNESSES?: string;
  /** `1` lets policies name providers on this machine or in a private network: for development. */
  TALLYGATE_ALLOW_PRIVATE?: string;
  /** JSON list of trusted token issuers, as `edge/auth/tokens.ts` reads it. */
  TALLYGATE_JWT_ISSUERS?: string;
}

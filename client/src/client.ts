/** `tallygate/client`; `tallygate/client/allowlist` and `tallygate/client/worker` are entries of their own. */
export { createCostTracker } from "./cost-tracker.ts";
export type { CostReport, CostSum, CostTracker, ModelPrice } from "./cost-tracker.ts";
export { CLIENT_CODES, GATEWAY_CODES, GatewayError } from "./errors.ts";
export type { GatewayErrorCode } from "./errors.ts";
export { createGateway } from "./gateway.ts";
export type { GatewayConfig, ProviderEntry } from "./gateway.ts";
export { createRouter } from "./router.ts";
export type { Route, RouterOptions } from "./router.ts";
export type * from "./types.ts";
export { withCache } from "./with-cache.ts";
export type { CacheOptions } from "./with-cache.ts";
export { withLogging } from "./with-logging.ts";
export type { LogEntry, LoggingOptions } from "./with-logging.ts";
export { withRetry } from "./with-retry.ts";
export type { RetryOptions } from "./with-retry.ts";

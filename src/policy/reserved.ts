/**
 * Names that no provider may have: a provider's name is the first segment of its own addresses
 * (`/{provider}/...`), and these segments are the gateway's. Some are kept for what may come.
 */

const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ".well-known",
  "admin",
  "api",
  "audit",
  "auth",
  "budgets",
  "client",
  "compat",
  "console",
  "costs",
  "dlp",
  "dynamic",
  "events",
  "health",
  "keys",
  "limits",
  "mcp",
  "members",
  "metrics",
  "openapi.json",
  "policy",
  "ready",
  "record",
  "scim",
  "session",
  "setup",
  "sinks",
  "status",
  "usage",
  "v1",
  "v1alpha",
  "v1beta",
]);

/** Whether a first segment of an address is the gateway's own; case makes no other name. */
export function isReservedName(name: string): boolean {
  return RESERVED_NAMES.has(name.toLowerCase());
}

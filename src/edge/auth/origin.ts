/** Whether a request comes from one of the gateway's own pages: what cookies alone cannot tell. */

/**
 * Browsers send `Origin` with whatever can change something. Hosts are compared, not schemes: a
 * proxy that ends TLS hides the scheme.
 */
export function isFromOwnPage(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin === null || !URL.canParse(origin)) return false;
  return new URL(origin).host === new URL(request.url).host;
}

/** A request that changes nothing by itself. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

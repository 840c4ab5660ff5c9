/**
 * What browsers are told about the console's pages: nothing runs, loads or frames but what this
 * origin serves. Styles may be set by script (the CSSOM), never by markup.
 */

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const YEAR_S = 31_536_000;

/** Headers of every answer under the console's address. */
export function securityHeaders(secure: boolean): Record<string, string> {
  return {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    ...(secure ? { "strict-transport-security": `max-age=${YEAR_S}` } : {}),
  };
}

/** Built files have their content's hash in their name; the page that names them is asked each time. */
export function cacheHeader(hashed: boolean): string {
  return hashed ? `public, max-age=${YEAR_S}, immutable` : "no-cache";
}

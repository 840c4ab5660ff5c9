/** Where a request comes from. */

/**
 * The caller's address as Cloudflare tells it. A gateway on this machine listens to this machine
 * alone, so who comes without that header comes from here; no header of the caller's is believed.
 */
export function callerIp(
  request: Request,
  told = request.headers.get("cf-connecting-ip") ?? undefined,
): string | undefined {
  if (told !== undefined) return told;
  return /^https?:\/\/(?:127\.0\.0\.1|localhost)[:/]/.test(request.url) ? "127.0.0.1" : undefined;
}

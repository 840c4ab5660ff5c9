/** Answers of the admin entries: JSON with a code and a sentence. */

/** `{"error": {code, message, ...}}` with a status. */
export function refuse(status: number, code: string, message: string, more: object = {}): Response {
  return Response.json(
    { error: { code, message, ...more } },
    { status, headers: { "cache-control": "no-store" } },
  );
}

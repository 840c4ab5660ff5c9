/** The gateway's HTTP API as the console calls it: JSON in, JSON out, refusals as one kind of error. */

/** What the API said no with, or that it did not answer (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(status: number, code: string, message: string, requestId?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }

  /** The network failed, not the gateway. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

type SessionEnd = () => void;
const sessionEnds = new Set<SessionEnd>();

/** Calls back when the API no longer knows who is asking. */
export function onSessionEnd(listener: SessionEnd): () => void {
  sessionEnds.add(listener);
  return () => sessionEnds.delete(listener);
}

/** How often it is asked whether a session still stands, when sockets fail to open. */
const doubtEveryMs = 3_000;
let doubtedAt = 0;

/**
 * A socket could not be opened: browsers do not tell why. If it is because the session has ended or
 * its member is somebody else now, everybody is told; if the network is down, nothing changes.
 */
export function doubtSession(): void {
  if (Date.now() - doubtedAt < doubtEveryMs) return;
  doubtedAt = Date.now();
  ask("/session").then(
    () => {},
    (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) endSession();
    },
  );
}

/** Tells everybody that nobody is signed in any more. */
export function endSession(): void {
  for (const end of sessionEnds) end();
}

/** Asks the API; throws an `ApiError`, or the abort. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, "offline", "The gateway cannot be reached. Check the connection.");
  }
  if (answer.status === 204) return undefined as T;
  const body = (await answer.json().catch(() => undefined)) as
    | (T & { error?: { code?: string; message?: string; requestId?: string } })
    | undefined;
  if (answer.ok && body !== undefined) return body;
  const { code = "unreadable", message, requestId } = body?.error ?? {};
  const said = message ?? `The gateway answered ${answer.status} without a reason.`;
  if (answer.status === 401 && path !== "/session") endSession();
  throw new ApiError(answer.status, code, said, requestId);
}

/** Sends JSON. */
export async function send<T>(path: string, body: unknown, headers = {}): Promise<T> {
  return ask<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** An address with a query string; what is undefined is left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.set(name, String(value));
  }
  return `${path}?${params}`;
}

/** A WebSocket of a test: what it was sent so far, and how it ended. */

/** Node's own WebSocket takes headers, which the standard one does not know. */
const NodeWebSocket = WebSocket as unknown as new (
  url: string,
  options: { headers?: Record<string, string>; protocols?: string[] },
) => WebSocket;

export interface Talk {
  frames: string[];
  /** Resolves with the close code. */
  closed: Promise<number>;
  socket: WebSocket;
}

/** Opens a socket at a gateway's address; throws when it was refused. */
export async function openSocket(
  url: string,
  headers: Record<string, string>,
  protocols: string[] = [],
): Promise<Talk> {
  const socket = new NodeWebSocket(url.replace("http", "ws"), { headers, protocols });
  const frames: string[] = [];
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve(code));
  });
  socket.addEventListener("message", ({ data }) => frames.push(String(data)));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("refused")));
  });
  return { frames, closed, socket };
}

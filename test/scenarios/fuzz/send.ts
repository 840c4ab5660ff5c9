/** Sends what `fetch` refuses to send: any method, headers twice, any bytes in them. */
import { Agent, request as httpRequest } from "node:http";

export interface Shot {
  method: string;
  /** With its query string, as it goes on the wire. */
  path: string;
  /** Name, value, name, value. */
  headers: string[];
  body: string | undefined;
}

export interface Got {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export const agent = new Agent({ keepAlive: true, maxSockets: 16 });
/** Nothing takes as long, a rebuild of the views on a busy machine included. */
const hungMs = 60_000;

/** Sends one request and reads the whole answer; rejects when the connection is cut or hangs. */
export function send(base: string, { method, path, headers, body }: Shot): Promise<Got> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const own = ["host", `${hostname}:${port}`, "content-type", "application/json"];
    if (body !== undefined) own.push("content-length", String(Buffer.byteLength(body)));
    const asked = httpRequest(
      // Node's own order of checks: a path with odd bytes is sent as it is.
      { agent, hostname, port, method, path, headers: [...own, ...headers] as never },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const flat = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(flat) as Record<string, string>,
            text: Buffer.concat(parts).toString(),
          });
        });
      },
    );
    asked.on("upgrade", (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode ?? 0, headers: {}, text: "" });
    });
    asked.setTimeout(hungMs, () => asked.destroy(new Error("no answer in time")));
    asked.on("error", reject);
    asked.end(body);
  });
}

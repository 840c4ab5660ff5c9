/**
 * KV and R2 for raw workerd, in memory: what the bindings ask over HTTP, answered from a Map.
 *
 * Both wire formats are workerd's own: KV is one HTTP request per key; R2 sends a JSON command, in a
 * header for reads and before the body for writes.
 */
interface Stored {
  value: ArrayBuffer;
  metadata: string | null;
}
interface StoredObject {
  name: string;
  body: ArrayBuffer;
}
interface R2Command {
  method: string;
  object: string;
}

const values = new Map<string, Stored>();
const objects = new Map<string, StoredObject>();

async function kv(request: Request, url: URL): Promise<Response> {
  const key = decodeURIComponent(url.pathname.slice(1));
  if (request.method === "PUT") {
    const metadata = request.headers.get("cf-kv-metadata");
    values.set(key, { value: await request.arrayBuffer(), metadata });
    return new Response();
  }
  if (request.method === "DELETE") {
    values.delete(key);
    return new Response();
  }
  const found = values.get(key);
  if (!found) return new Response("Not Found", { status: 404 });
  const headers = found.metadata === null ? {} : { "cf-kv-metadata": found.metadata };
  return new Response(found.value, { headers });
}

const describe = ({ name, body }: StoredObject): object => ({
  name,
  version: "1",
  size: body.byteLength,
  etag: "0".repeat(32),
  uploaded: 0,
  httpFields: {},
  customFields: [],
  checksums: {},
  storageClass: "Standard",
});

function answer(object: StoredObject, withBody: boolean): Response {
  const head = new TextEncoder().encode(JSON.stringify(describe(object)));
  const parts = withBody ? [head, object.body] : [head];
  const headers = { "cf-r2-metadata-size": String(head.byteLength) };
  return new Response(new Blob(parts), { headers });
}

async function r2(request: Request): Promise<Response> {
  const headBytes = Number(request.headers.get("cf-r2-metadata-size") ?? 0);
  const whole = headBytes > 0 ? await request.arrayBuffer() : new ArrayBuffer(0);
  const text =
    request.headers.get("cf-r2-request") ?? new TextDecoder().decode(whole.slice(0, headBytes));
  const command = JSON.parse(text) as R2Command;
  if (command.method === "put") {
    const object = { name: command.object, body: whole.slice(headBytes) };
    objects.set(command.object, object);
    return answer(object, false);
  }
  const found = objects.get(command.object);
  if (command.method === "get" || command.method === "head") {
    if (found) return answer(found, command.method === "get");
    const error = JSON.stringify({ version: 1, v4code: 10007, message: "no such object" });
    return new Response(null, { status: 404, headers: { "cf-r2-error": error } });
  }
  return new Response(`the bench has no R2 ${command.method}`, { status: 501 });
}

export default {
  fetch(request: Request): Promise<Response> {
    const isR2 = request.headers.has("cf-r2-request") || request.headers.has("cf-r2-metadata-size");
    return isR2 ? r2(request) : kv(request, new URL(request.url));
  },
};

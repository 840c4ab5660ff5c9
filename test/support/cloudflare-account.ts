/**
 * A stand-in for an account at Cloudflare: the part of the API that wrangler asks when it deploys, over
 * HTTP. It keeps what it was given, and answers as the API does to a Worker that is new, then there.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Upload {
  /** The bindings that the Worker gets, by name. */
  bindings: Record<string, { type: string } & Record<string, unknown>>;
  metadata: Record<string, unknown>;
  modules: string[];
}

export interface CloudflareAccount {
  /** What wrangler takes as CLOUDFLARE_API_BASE_URL. */
  url: string;
  /** Each question, as `GET /workers/scripts/tallygate`, within the account. */
  calls: string[];
  uploads: Upload[];
  namespaces: { id: string; title: string }[];
  buckets: { name: string }[];
  /** Questions that nobody here has an answer to. */
  unknown: string[];
  stop(): Promise<void>;
}

const id = "0123456789abcdef0123456789abcdef";
const worker = "/workers/scripts/tallygate";
const absent = {
  status: 404,
  code: 10_007,
  message: "This Worker does not exist on your account.",
};

type Answer = { result: unknown } | { status: number; code: number; message: string };
interface Asked {
  method: string;
  path: string;
  json: () => Record<string, string>;
  form: () => Promise<FormData>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Starts it empty; `subdomain` is the account's on workers.dev. */
export async function startCloudflareAccount(subdomain = "acme"): Promise<CloudflareAccount> {
  const account = { id, name: "Acme" };
  const kept: Omit<CloudflareAccount, "url" | "stop"> = {
    calls: [],
    uploads: [],
    namespaces: [],
    buckets: [],
    unknown: [],
  };
  const { uploads, namespaces, buckets } = kept;

  const secretsOf = (): { name: string; type: string }[] =>
    uploads
      .flatMap(({ bindings }) => Object.entries(bindings))
      .filter(([, { type }]) => type === "secret_text")
      .map(([name, { type }]) => ({ name, type }));

  async function take(asked: Asked): Promise<Answer> {
    const form = await asked.form();
    const file = form.get("metadata");
    const text = typeof file === "string" ? file : await (file as unknown as Blob).text();
    const metadata = JSON.parse(text) as {
      bindings: ({ name: string } & Upload["bindings"][""])[];
    };
    const bindings = Object.fromEntries(metadata.bindings.map((one) => [one.name, one]));
    const modules = [...form.keys()].filter((name) => name !== "metadata");
    uploads.push({ bindings, metadata, modules });
    return { result: { id: "tallygate", etag: "e", startup_time_ms: 9, deployment_id: "d" } };
  }

  function makeBucket(name: string): Answer {
    buckets.push({ name });
    return { result: { name } };
  }

  function makeNamespace(title: string): Answer {
    namespaces.push({ id: String(namespaces.length).padStart(32, "0"), title });
    return { result: namespaces.at(-1) };
  }

  const ifThere = (result: unknown): Answer => (uploads.length > 0 ? { result } : absent);
  const table: Record<string, (asked: Asked) => Answer | Promise<Answer>> = {
    "GET /workers/services/tallygate": () =>
      ifThere({ default_environment: { environment: "production", script: {} } }),
    [`GET ${worker}/secrets`]: () => ifThere(secretsOf()),
    [`GET ${worker}/settings`]: () =>
      ifThere({ bindings: Object.values(uploads.at(-1)?.bindings ?? {}) }),
    [`GET ${worker}/deployments`]: () => ifThere({ deployments: [] }),
    [`GET ${worker}/script-settings`]: () => ifThere({}),
    [`GET ${worker}/versions`]: () => ifThere({ items: [] }),
    [`PUT ${worker}`]: take,
    [`POST ${worker}/assets-upload-session`]: () => ({ result: { jwt: "a.b.c", buckets: [] } }),
    [`GET ${worker}/subdomain`]: () => ({ result: { enabled: true, previews_enabled: false } }),
    [`POST ${worker}/subdomain`]: () => ({ result: { enabled: true, previews_enabled: false } }),
    "GET /workers/workers/tallygate": () =>
      ifThere({ subdomain: { enabled: false, previews_enabled: false } }),
    "GET /workers/subdomain": () => ({ result: { subdomain } }),
    "GET /workers/durable_objects/namespaces": () => ({ result: [] }),
    "GET /workers/scripts": () => ({ result: [] }),
    "GET /storage/kv/namespaces": () => ({ result: namespaces }),
    "POST /storage/kv/namespaces": ({ json }) => makeNamespace(json()["title"] ?? ""),
    "GET /r2/buckets": () => ({ result: { buckets } }),
    "POST /r2/buckets": ({ json }) => makeBucket(json()["name"] ?? ""),
  };
  const outside: Record<string, unknown> = {
    "/user": { id: "u", email: "ada@acme.test" },
    "/user/tokens/verify": { id: "t", status: "active" },
    "/memberships": [{ id: "m", account }],
    "/accounts": [account],
  };

  async function answer(asked: Asked): Promise<Answer> {
    const { method, path } = asked;
    if (method === "GET" && Object.hasOwn(outside, path)) return { result: outside[path] };
    const at = `${method} ${path.replace(`/accounts/${id}`, "")}`;
    kept.calls.push(at);
    const found = table[at];
    if (found !== undefined) return found(asked);
    const bucket = /^GET \/r2\/buckets\/([\w-]+)$/.exec(at)?.[1];
    const missing = { status: 404, code: 10_006, message: "The specified bucket does not exist." };
    if (bucket !== undefined) {
      return buckets.some(({ name }) => name === bucket) ? { result: { name: bucket } } : missing;
    }
    kept.unknown.push(at);
    return { status: 404, code: 7003, message: `nobody here knows ${at}` };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const { pathname } = new URL(request.url ?? "/", "http://api.test");
    const type = request.headers["content-type"] ?? "";
    const answered = await answer({
      method: request.method ?? "GET",
      path: pathname.replace("/client/v4", ""),
      json: () => JSON.parse(String(body)) as Record<string, string>,
      form: () =>
        new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData(),
    });
    const ok = "result" in answered;
    const errors = ok ? [] : [{ code: answered.code, message: answered.message }];
    const result = ok ? answered.result : null;
    const page = { page: 1, per_page: 100, count: 0, total_count: 0, total_pages: 1 };
    response.writeHead(ok ? 200 : answered.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: ok, errors, messages: [], result, result_info: page }));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...kept,
    url: `http://127.0.0.1:${port}/client/v4`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

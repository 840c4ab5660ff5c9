/** The console's files: one page for every address, and headers that let nothing else run. */
import { expect, test } from "vitest";
import { fromUnknown } from "#edge/errors.ts";
import { consoleRoutes } from "#edge/console/routes.ts";

const files: Record<string, string> = {
  "/index.html": "<!doctype html>",
  "/assets/index-abc.js": "code",
};
const assets = {
  fetch: async (url: URL) => {
    const text = files[url.pathname];
    return text === undefined ? new Response(null, { status: 404 }) : new Response(text);
  },
};

async function get(path: string, env: object = { ASSETS: assets }) {
  const routes = consoleRoutes();
  routes.onError((error, c) => c.text(error.message, fromUnknown(error).status as 404));
  const answer = await routes.request(`https://gateway.test${path}`, {}, env);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

test("every address of the console is its page, and a file is a file", async () => {
  for (const path of [
    "/console/",
    "/console/requests",
    "/console/requests/0193-a",
    "/session/link",
  ]) {
    const { text, headers } = await get(path);
    expect(text, path).toBe("<!doctype html>");
    expect(headers.get("cache-control"), path).toBe("no-cache");
  }
  const file = await get("/console/assets/index-abc.js");
  expect(file.text).toBe("code");
  expect(file.headers.get("cache-control")).toContain("immutable");
});

test("a policy goes with every file: own scripts only, no inline code, no frames", async () => {
  for (const path of ["/console/", "/console/assets/index-abc.js"]) {
    const { headers } = await get(path);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toContain("max-age");
  }
});

test("a missing file is not the page, and a gateway without a console says what to do", async () => {
  expect((await get("/console/assets/gone.js")).status).toBe(404);
  const none = await get("/console/", {});
  expect([none.status, none.text]).toEqual([404, expect.stringContaining("npm run build:console")]);
});

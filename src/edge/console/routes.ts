/**
 * The web console: built files under `/console/`, one page for every address that is no file.
 *
 * Every request goes through here and not to the assets alone, so that no file leaves without its
 * security headers.
 */
import { Hono } from "hono/tiny";
import type { Env } from "#actors/kit/env.ts";
import { LINK_PATH } from "../auth/link.ts";
import { GatewayError } from "../errors.ts";
import { cacheHeader, securityHeaders } from "./headers.ts";

/** Where the console lives. */
export const CONSOLE_PATH = "/console/";
/** Files that change their name with their content. */
const HASHED = "assets/";

/** The console's routes, to be mounted at the root. */
export function consoleRoutes(): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  // Both ways to write it come here: the router takes a last slash or none for the same.
  app.get("/console/*", async (c) => {
    const { path, raw } = c.req;
    if (!path.startsWith(CONSOLE_PATH)) return c.redirect(CONSOLE_PATH);
    return serveFile(raw, c.env, path.slice(CONSOLE_PATH.length));
  });
  app.get(LINK_PATH, (c) => serveFile(c.req.raw, c.env, ""));
  return app;
}

async function serveFile(request: Request, env: Env, file: string): Promise<Response> {
  const isFile = /\.[a-z0-9]+$/i.test(file);
  const found = await env.ASSETS?.fetch(new URL(isFile ? file : "index.html", "https://assets"));
  if (found === undefined || !found.ok) {
    throw new GatewayError(
      "not_found",
      isFile
        ? "There is no such file of the console."
        : "This gateway was deployed without its console: run `npm run build:console` first.",
    );
  }
  const answer = new Response(found.body, found);
  const headers = securityHeaders(new URL(request.url).protocol === "https:");
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  answer.headers.set("cache-control", cacheHeader(file.startsWith(HASHED)));
  return answer;
}

/** Nobody adds an address without describing it, or saying why not. */
import { expect, it } from "vitest";
import { app } from "#edge/app.ts";
import openApi from "#edge/openapi.json" with { type: "json" };

const gateway = "/client/v4/accounts/{account}/ai-gateway/gateways/{gateway}";

/** Addresses that are not in the description, each with its reason. */
const undescribed: Record<string, string> = {
  "GET /": "a page for people",
  "GET /console/*": "files of the console",
  "GET /session/link": "a page for people",
  "GET /session/providers/{id}": "for browsers, which are sent on",
  "GET /session/providers/{id}/callback": "for browsers, which are sent on",
  "GET /admin/socket": "a WebSocket",
  "GET /audit/tail": "a WebSocket",
  "GET /v1/models/*": "OpenAI's to describe",
  "GET /v1beta/models": "Gemini's to describe",
  "GET /api/tags": "Ollama's to describe",
  "POST /session": "the console's own, with a cookie",
  "DELETE /session": "the console's own, with a cookie",
  "GET /audit/events/{id}/evidence": "a file for the verifier",
  "GET /audit/archive/{shard}/views.json": "a file for the verifier",
  "GET /audit/archive/{shard}/{kind}/{file}": "a file for the verifier",
  ...Object.fromEntries(
    ["GET /logs", "DELETE /logs", "GET /logs/{id}", "PATCH /logs/{id}", "GET /logs/{id}/request"]
      .concat("GET /logs/{id}/response", "GET /url/{provider}")
      .map((route) => [route.replace(" ", ` ${gateway}`), "Cloudflare's to describe"]),
  ),
  "GET /.well-known/tallygate/keys": "a file for the verifier",
};

const routes = new Set(
  app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`),
);
const described = Object.entries(openApi.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

it("every route is described, or has a reason not to be", () => {
  expect(routes.size).toBeGreaterThan(20);
  const missing = [...routes].filter(
    (route) => !described.includes(route) && undescribed[route] === undefined,
  );
  expect(missing).toEqual([]);
});

it("no reason outlives its route, and none is for what is described", () => {
  const reasons = Object.keys(undescribed);
  expect(reasons.filter((route) => !routes.has(route) || described.includes(route))).toEqual([]);
});

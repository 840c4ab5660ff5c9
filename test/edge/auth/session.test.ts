import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSession, sealSession, sessionCookie } from "#edge/auth/session.ts";

const secret = "a secret for tests";
const session = { organisation: "dev", member: "alice@example.com", expiresAt: 1_000 };
const sealed = sealSession(secret, session);

describe("a session's cookie", () => {
  it("opens to what was sealed, until it is over", () => {
    expect(openSession(secret, sealed, 999)).toEqual(session);
    expect(openSession(secret, sealed, 1_000)).toBeUndefined();
    expect(openSession("another secret", sealed, 0)).toBeUndefined();
  });

  it("with any one character altered, added or taken away is refused", () => {
    const letters = "ABCXYZabcxyz0189-_.+/= \n".split("");
    fc.assert(
      fc.property(
        fc.nat(sealed.length),
        fc.constantFrom(...letters),
        fc.constantFrom("alter", "add", "take"),
        (at, letter, how) => {
          const rest = how === "add" ? sealed.slice(at) : sealed.slice(at + 1);
          const altered = sealed.slice(0, at) + (how === "take" ? "" : letter) + rest;
          fc.pre(altered !== sealed);
          expect(openSession(secret, altered, 0)).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("with any last character but its own is refused: base64url reads several as the same bytes", () => {
    for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
      const altered = sealed.slice(0, -1) + letter;
      expect(openSession(secret, altered, 0) !== undefined, letter).toBe(altered === sealed);
    }
  });

  it.each(["", ".", "..", "v1..", "v2.e30.AAAA", "v1.e30", `${sealed}.x`, `${sealed}.`])(
    "that reads %j is refused",
    (cookie) => {
      expect(openSession(secret, cookie, 0)).toBeUndefined();
    },
  );

  it("is for the gateway's own pages, and secure wherever the address is", () => {
    const cookie = sessionCookie("v", new URL("https://gateway.example/"));
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/);
    expect(sessionCookie("", new URL("http://localhost/"))).toMatch(/Max-Age=0$/);
  });
});

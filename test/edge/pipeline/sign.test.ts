/** Signatures, checked by arithmetic of this file's own: the steps of AWS's signing process. */
import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { signed, type Sent } from "#edge/pipeline/sign.ts";

const KEY = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/** The signature that AWS would work out for what it received. */
function expectedSignature({ url, init }: Sent, region: string): string {
  const { pathname, host } = new URL(url);
  const [, names = ""] = /SignedHeaders=([^,]+)/.exec(init.headers["authorization"] ?? "") ?? [];
  const date = init.headers["x-amz-date"] ?? "";
  const headers = names.split(";").map((name) => {
    return `${name}:${name === "host" ? host : (init.headers[name] ?? "").trim()}\n`;
  });
  // Every service but S3 encodes the path's segments once more.
  const path = pathname.split("/").map(encodeURIComponent).join("/");
  const request = [init.method, path, "", headers.join(""), names, sha256(init.body as string)];
  const scope = `${date.slice(0, 8)}/${region}/bedrock/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(request.join("\n"))].join("\n");
  const keys = [date.slice(0, 8), region, "bedrock", "aws4_request"];
  const key = keys.reduce<string | Buffer>(hmac, `AWS4${KEY.secretAccessKey}`);
  return hmac(key, toSign).toString("hex");
}

const sent = (host: string): Sent => ({
  url: `https://${host}/model/${encodeURIComponent("us.anthropic.claude-v1:0")}/converse`,
  init: {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"messages":[{"role":"user","content":[{"text":"¡hola! 👋"}]}]}',
  },
});

describe("a call to AWS", () => {
  it.each([
    ["bedrock-runtime.eu-west-1.amazonaws.com", {}, "eu-west-1"],
    ["bedrock-runtime-fips.us-gov-west-1.amazonaws.com", {}, "us-gov-west-1"],
    ["127.0.0.1:8080", {}, "us-east-1"],
    ["vpce-1.bedrock.internal", { region: "ap-south-1" }, "ap-south-1"],
  ])("to %s is signed for its region", async (host, more, region) => {
    const out = await signed(sent(host), "aws-sigv4", JSON.stringify({ ...KEY, ...more }));
    const authorization = out.init.headers["authorization"];
    expect(authorization).toContain(`/${region}/bedrock/aws4_request`);
    expect(authorization).toContain(`Signature=${expectedSignature(out, region)}`);
    expect(out.init.headers["content-type"]).toBe("application/json");
    expect([out.url, out.init.body]).toEqual([sent(host).url, sent(host).init.body]);
    expect(JSON.stringify(out)).not.toContain(KEY.secretAccessKey);
  });

  it.each(["aws-sigv4", "google-service-account"] as const)(
    "a broken key is not sent as a token: %s",
    async (signing) => {
      const refused = signed(sent("127.0.0.1"), signing, '{"hunter2": ');
      await expect(refused).rejects.toMatchObject({ code: "provider_not_configured" });
      await expect(refused).rejects.not.toThrow("hunter2");
    },
  );

  it("carries a session's token, signed with the rest", async () => {
    const credential = JSON.stringify({ ...KEY, sessionToken: "token-1" });
    const out = await signed(sent("127.0.0.1"), "aws-sigv4", credential);
    expect(out.init.headers["x-amz-security-token"]).toBe("token-1");
    expect(out.init.headers["authorization"]).toContain("x-amz-security-token");
    expect(out.init.headers["authorization"]).toContain(expectedSignature(out, "us-east-1"));
  });

  it("is left as it is with a key that is a bearer's, or with none", async () => {
    const call = sent("127.0.0.1");
    expect(await signed(call, "aws-sigv4", "bedrock-api-key-1")).toBe(call);
    expect(await signed(call, "aws-sigv4", '{"accessKeyId":"only"}')).toBe(call);
    expect(await signed(call, "aws-sigv4", undefined)).toBe(call);
    expect(await signed(call, undefined, JSON.stringify(KEY))).toBe(call);
  });
});

/** What of a streamed answer may leave, and when: run by run, whatever the cuts and their order. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { compileDlp } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import type { DlpAction, DlpRule, Finding } from "#dlp/rule.ts";
import { openVault, type Vault } from "#dlp/vault.ts";
import { addFindings } from "#edge/pipeline/inspect.ts";
import { Screen } from "#edge/pipeline/screen.ts";
import type { Settlement } from "#edge/pipeline/settlement.ts";

const rule = (detector: string, action: DlpAction, more: Partial<DlpRule> = {}): DlpRule => ({
  id: `no-${detector}`,
  detector,
  directions: ["answer"],
  action,
  mode: "enforce",
  ...more,
});
const email = rule("email", "redact");

/** A screen over `rules`, with what it told the books and what it gave to be kept. */
function screening(rules: DlpRule[], vault?: Vault) {
  const findings: Finding[] = [];
  const kept: [string, string | undefined, string][] = [];
  const settlement = {
    addFindings: (more: Finding[], repeats: boolean) => addFindings(findings, more, repeats),
    payload: {
      addText: (key: string, channel: string | undefined, text: string) =>
        void kept.push([key, channel, text]),
    },
  };
  const program = compileDlp(rules);
  const screen = new Screen(program, settlement as unknown as Settlement, vault);
  return { program, screen, findings, kept };
}

it("where nothing is watched, every delta leaves as it came and nothing is held back", () => {
  const { screen, kept } = screening([rule("email", "redact", { directions: ["prompt"] })]);
  expect(screen.push("0", "assistant", "write to jane.doe@")).toBe("write to jane.doe@");
  expect(screen.push("0", "assistant", "example.com")).toBe("example.com");
  expect(screen.openKeys).toEqual([]);
  expect(screen.close("0")).toBe("");
  expect(kept.map(([key, channel, text]) => `${key} ${channel} ${text}`)).toEqual([
    "0 assistant write to jane.doe@",
    "0 assistant example.com",
  ]);
});

it("what may become something forbidden stays until it is known, and leaves hidden", () => {
  const { screen, findings, kept } = screening([email]);
  const first = screen.push("0", "assistant", "It is jane.doe@exam");
  expect(first).not.toContain("jane");
  expect(findings).toEqual([]);
  const whole = first + screen.push("0", "assistant", "ple.com, bye.") + screen.close("0");
  expect(whole).toMatch(/^It is \[.*\], bye\.$/);
  expect(findings).toMatchObject([{ rule: "no-email", direction: "answer", count: 1 }]);
  expect(JSON.stringify(kept)).not.toContain("jane");
});

const pieces = fc.array(
  fc.constantFrom("mail ", "jane.doe", "@", "example", ".com", " 4111 1111 ", "1111 1111", ". "),
  { maxLength: 12 },
);

it("runs that are cut and mixed in any way leave as each would whole and alone", () => {
  const rules = [email, rule("payment-card", "mask")];
  const order = fc.infiniteStream(fc.nat(2));
  fc.assert(
    fc.property(fc.tuple(pieces, pieces, pieces), order, (runs, next) => {
      const { program, screen } = screening(rules);
      const left = runs.map((run) => [...run]);
      const got = ["", "", ""];
      while (left.some((run) => run.length > 0)) {
        const at = [next.next().value, 0, 1, 2].find((n) => (left[n]?.length ?? 0) > 0) ?? 0;
        got[at] += screen.push(`run-${at}`, "assistant", left[at]?.shift() ?? "");
      }
      const where = { direction: "answer", channel: "assistant" } as const;
      for (const [at, run] of runs.entries()) {
        got[at] += screen.close(`run-${at}`);
        expect(got[at]).toBe(redactText(program, run.join(""), where).text);
      }
      expect(screen.openKeys).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it("one run that is held back does not delay another", () => {
  const { screen } = screening([email]);
  screen.push("held", "assistant", "jane.doe@exam");
  const alone = screening([email]).screen.push("free", "assistant", "Good morning. ");
  expect(screen.push("free", "assistant", "Good morning. ")).toBe(alone);
  expect(screen.openKeys).toEqual(["held", "free"]);
});

it("the first rule that blocks is the one that is told", () => {
  const { screen } = screening([rule("payment-card", "block"), rule("email", "block")]);
  expect(screen.blockedBy).toBeUndefined();
  screen.push("0", "assistant", "jane.doe@example.com and so on. ");
  screen.push("0", "assistant", "4111 1111 1111 1111 and so on. ");
  screen.close("0");
  expect(screen.blockedBy).toBe("no-email");
});

it("a tool's arguments are read as the JSON that they are, other text as it stands", () => {
  const escaped = '{"to":"jane.doe\\u0040example.com"}';
  const through = (channel: "assistant" | "tool-arguments"): string => {
    const { screen } = screening([email]);
    const kind = channel === "tool-arguments" ? { json: true as const } : {};
    return screen.push("0", channel, escaped, kind) + screen.close("0");
  };
  expect(through("assistant")).toBe(escaped);
  expect(JSON.parse(through("tool-arguments"))).toEqual({
    to: expect.stringMatching(/^\[.*\]$/) as string,
  });
});

it("what was tokenized comes back to the caller, cut anywhere, and is kept as a placeholder", () => {
  const vault = openVault();
  const placeholder = vault.placeholder("email", 'jane "j" <doe@example.com>');
  const text = `Hello ${placeholder}, bye.`;
  for (const rules of [[], [email]]) {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const { screen, kept } = screening(rules, vault);
      const whole =
        screen.push("0", "assistant", text.slice(0, cut)) +
        screen.push("0", "assistant", text.slice(cut)) +
        screen.close("0");
      expect(whole).toBe('Hello jane "j" <doe@example.com>, bye.');
      expect(kept.map(([, , piece]) => piece).join("")).toBe(text);
    }
  }
  const { screen } = screening([], vault);
  const args = `{"to":"${placeholder}"}`;
  const json = screen.push("0", "tool-arguments", args, { json: true }) + screen.close("0");
  expect(JSON.parse(json)).toEqual({ to: 'jane "j" <doe@example.com>' });
  // A value among arguments that were read already is no JSON text: it is put back as it is.
  const value = screen.push("1", "tool-arguments", placeholder) + screen.close("1");
  expect(value).toBe('jane "j" <doe@example.com>');
});

it("what only looks like the start of a placeholder leaves at the end of its run", () => {
  const vault = openVault();
  vault.placeholder("email", "jane.doe@example.com");
  const { screen } = screening([], vault);
  expect(screen.push("0", "assistant", "see [TOKEN:em")).toBe("see ");
  expect(screen.close("0")).toBe("[TOKEN:em");
});

it("what is told again is hidden again, counted once and kept once", () => {
  const { screen, findings, kept } = screening([email]);
  const text = "jane.doe@example.com and so on. ";
  const first = screen.push("0", "assistant", text) + screen.close("0");
  expect(screen.push("1", "assistant", text, { repeats: true }) + screen.close("1")).toBe(first);
  expect(first).not.toContain("jane");
  expect(findings.map(({ count }) => count)).toEqual([1]);
  expect(kept.map(([key]) => key)).not.toContain("1");
  // What only the repetition has is told all the same.
  screen.push("2", "reasoning", text, { repeats: true });
  screen.close("2");
  expect(findings.map(({ channel }) => channel)).toEqual(["assistant", "reasoning"]);
});

it("an empty vault holds nothing back", () => {
  const { screen } = screening([], openVault());
  expect(screen.push("0", "assistant", "[TOKEN:em")).toBe("[TOKEN:em");
  expect(screen.openKeys).toEqual([]);
});

it("a run that is closed is forgotten: another of its name begins anew", () => {
  const { screen } = screening([email]);
  screen.push("0", "assistant", "jane.doe@exam");
  expect(screen.close("0")).toBe("jane.doe@exam");
  expect(screen.close("0")).toBe("");
  expect(screen.push("0", "assistant", "ple.com is a host. ") + screen.close("0")).toBe(
    "ple.com is a host. ",
  );
});

/** The chain: whatever is done to a stream, the first event that breaks it is named. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainFault, EMPTY_HEAD, hashBody, type SealedEvent } from "#events/envelope.ts";
import { SampleStream, admitted, requestId, settled, MORNING } from "../support/sample-events.ts";

const options = { seed: 6962, numRuns: 200 };

function chainOf(requests: number): SealedEvent[] {
  const stream = new SampleStream();
  for (let n = 0; n < requests; n += 1) stream.request(n);
  return stream.events;
}

const chain = chainOf(6);
const position = fc.nat(chain.length - 1);

/** A chain after something was done to it, and what is then found. */
function faultAfter(change: (events: SealedEvent[]) => void): string | undefined {
  const events = structuredClone(chain);
  change(events);
  return chainFault(EMPTY_HEAD, events);
}

test("an untouched chain has no fault, from its beginning and from any event on", () => {
  expect(chainFault(EMPTY_HEAD, chain)).toBeUndefined();
  for (const [index, { seq, hash }] of chain.entries()) {
    expect(chainFault({ epoch: 1, seq, hash }, chain.slice(index + 1))).toBeUndefined();
  }
});

describe("the event is named by its position when", () => {
  test("any one character of it was changed", () => {
    const offset = fc.nat(1_000_000);
    fc.assert(
      fc.property(position, offset, fc.integer({ min: 1, max: 0xffff }), (at, offset, flip) => {
        const fault = faultAfter((events) => {
          const event = events[at] as SealedEvent;
          const index = offset % event.body.length;
          const code = event.body.charCodeAt(index) ^ flip;
          // A lone surrogate and the replacement character are the same bytes: not another text.
          const text = String.fromCharCode(code).toWellFormed();
          event.body = event.body.slice(0, index) + text + event.body.slice(index + 1);
        });
        expect(fault).toBe(`event ${at + 1} was altered`);
      }),
      options,
    );
  });

  test("its hash was changed, or its text was changed and hashed again", () => {
    fc.assert(
      fc.property(position, (at) => {
        const altered = faultAfter((events) => {
          const event = events[at] as SealedEvent;
          event.hash = hashBody(event.hash);
        });
        expect(altered).toBe(`event ${at + 1} was altered`);
        const resealed = faultAfter((events) => {
          const event = events[at] as SealedEvent;
          event.body = event.body.replace("alice", "mallory");
          event.hash = hashBody(event.body);
        });
        // The forged event is whole by itself: the one after it tells, or the trusted head does.
        const last = at === chain.length - 1;
        const next = `event ${at + 2} does not follow the event before it`;
        expect(resealed).toBe(last ? undefined : next);
      }),
      options,
    );
  });

  test("it was dropped, doubled or swapped with the next", () => {
    fc.assert(
      fc.property(fc.nat(chain.length - 2), (at) => {
        const seq = at + 1;
        expect(faultAfter((events) => events.splice(at, 1))).toBe(
          `expected event ${seq}, found ${seq + 1}`,
        );
        expect(
          faultAfter((events) => events.splice(at, 0, structuredClone(events[at] as SealedEvent))),
        ).toBe(`expected event ${seq + 1}, found ${seq}`);
        expect(
          faultAfter((events) => {
            const [first] = events.splice(at, 1);
            events.splice(at + 1, 0, first as SealedEvent);
          }),
        ).toBe(`expected event ${seq}, found ${seq + 1}`);
      }),
      options,
    );
  });

  test("it was renumbered, or is not an event at all", () => {
    expect(
      faultAfter((events) => {
        const [, second] = events.splice(0, 1) as unknown as [never, never];
        for (const [index, event] of events.entries()) event.seq = index + 1;
        return second;
      }),
    ).toBe("event 1 is not an event of that number");
    for (const body of ["", "null", "7", "[]", "{}", '{"seq":1', '"text"']) {
      expect(chainFault(EMPTY_HEAD, [{ seq: 1, body, hash: hashBody(body) }])).toBe(
        "event 1 is not an event of that number",
      );
    }
  });
});

test("two streams with the same facts have different hashes", () => {
  const facts = [admitted(), settled({ requestId: requestId(MORNING, 1) })];
  const [a, b] = ["u_a", "u_b"].map((name) => {
    const stream = new SampleStream(name);
    for (const fact of facts) stream.append(fact);
    return stream.head.hash;
  });
  expect(a).not.toBe(b);
});

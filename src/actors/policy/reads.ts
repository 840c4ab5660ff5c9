/** Answers to admins' questions, from the state and the stream. Nothing here changes anything. */
import { type EventEnvelope, type SealedEvent, unseal } from "#events/envelope.ts";
import { diffPolicies } from "#policy/diff.ts";
import { hashPolicy } from "#policy/hash.ts";
import { type KnownFeatures, validatePolicy } from "#policy/validate.ts";
import { currentDocument } from "./documents.ts";
import type { AdminCode, AdminEvent, ReadFrame } from "./frames.ts";
import { broadcastDocumentCharsMax, resumeEventsMax } from "./limits.ts";
import type { KeyRecord, PolicyState, VersionRecord } from "./state.ts";

/** Reads the stream, from an event on. */
export type ReadEvents = (fromSeq: number, limit: number) => SealedEvent[];

/** What a question may look at. */
export interface ReadContext {
  state: PolicyState;
  known: KnownFeatures;
  events: ReadEvents;
  /** Sends an event ahead of the answer. */
  send: (event: AdminEvent) => void;
}

export type ReadResult =
  | { ok: true; result: unknown }
  | { ok: false; code: AdminCode; message: string };

type Readers = {
  [T in ReadFrame["type"]]: (
    frame: Extract<ReadFrame, { type: T }>,
    context: ReadContext,
  ) => ReadResult;
};

const readers: Readers = {
  ValidatePolicy: ({ document }, { known, state }) => {
    const checked = validatePolicy(document, known);
    if (!checked.ok) return done({ valid: false, problems: checked.problems, changes: [] });
    const current = state.current && currentDocument(state.current);
    const changes = diffPolicies(current, checked.document);
    return done({ valid: true, problems: [], changes, hash: hashPolicy(checked.document) });
  },
  GetPolicy: ({ version }, { state, events }) => {
    const found = versionOf(state, version ?? state.current?.version ?? 0);
    const document = found && documentOf(found, events);
    if (found === undefined || document === undefined) return noVersion(version ?? 0);
    return done({ ...found, document });
  },
  GetProposal: ({ proposal }, { state, events }) => {
    const record = state.proposals.find((known) => known.proposal === proposal);
    const document = record && documentAt(proposal, events);
    if (record === undefined || document === undefined) return noProposal(proposal);
    const current = state.current && currentDocument(state.current);
    return done({ ...record, document, changes: diffPolicies(current, document) });
  },
  GetShadow: (_frame, { state, events }) => {
    const document = state.shadow && documentAt(state.shadow.draft, events);
    if (state.shadow === undefined || document === undefined) return done({ shadow: null });
    const current = state.current && currentDocument(state.current);
    const changes = diffPolicies(current, document);
    return done({ shadow: { ...state.shadow, document, changes } });
  },
  ListProposals: (_frame, { state }) => done({ proposals: state.proposals }),
  ListVersions: (_frame, { state }) => done({ versions: state.versions }),
  ListMembers: (_frame, { state }) => done({ members: [...state.members.values()] }),
  ListKeys: (_frame, { state }) =>
    done({
      keys: [...state.keys.values()].map(withoutSecret),
      revoked: state.revoked,
    }),
  ListErasures: (_frame, { state }) => done({ erasures: state.erasures }),
  ListCorrections: (_frame, { state }) => done({ corrections: state.corrections }),
  Resume: ({ since }, { state, events, send }) => {
    const replayed = events(since + 1, resumeEventsMax);
    for (const sealed of replayed) send(visible(unseal(sealed)));
    const last = replayed.at(-1)?.seq ?? Math.min(since, state.seq);
    return done({ last, complete: last >= state.seq });
  },
};

/** Answers one question. */
export function answerRead(frame: ReadFrame, context: ReadContext): ReadResult {
  const reader = readers[frame.type] as (frame: ReadFrame, context: ReadContext) => ReadResult;
  return reader(frame, context);
}

/** A version's record, among those that are kept at hand. */
export function versionOf(state: PolicyState, version: number): VersionRecord | undefined {
  return state.versions.find((record) => record.version === version);
}

/** A version's document as it was published: it is in its event. */
export function documentOf(record: VersionRecord, events: ReadEvents): unknown {
  return documentAt(record.seq, events);
}

/** The document in an event: a published one, or a proposed one. */
export function documentAt(seq: number, events: ReadEvents): unknown {
  const [sealed] = events(seq, 1);
  if (sealed === undefined) return undefined;
  return (unseal(sealed).data as { document?: unknown }).document;
}

export function noProposal(proposal: number): { ok: false; code: AdminCode; message: string } {
  const message = `There is no proposal ${proposal} that waits; ListProposals shows which there are.`;
  return { ok: false, code: "proposal_not_found", message };
}

export function noVersion(version: number): { ok: false; code: AdminCode; message: string } {
  const message = `There is no version ${version}; ListVersions shows which there are.`;
  return { ok: false, code: "version_not_found", message };
}

/** An event as admins see it: no hash of a secret, no document too long for a broadcast. */
export function visible(event: EventEnvelope): AdminEvent {
  if (event.type === "KeyIssued") return { event: without(event, "secretHash") };
  const { document } = event.data as { document?: unknown };
  if (document === undefined) return { event };
  if (JSON.stringify(document).length <= broadcastDocumentCharsMax) return { event };
  return { event: without(event, "document") };
}

function without(event: EventEnvelope, field: string): AdminEvent["event"] {
  const data = Object.fromEntries(Object.entries(event.data).filter(([name]) => name !== field));
  return { ...event, data, elided: [`data.${field}`] };
}

function withoutSecret(key: KeyRecord): Omit<KeyRecord, "secretHash"> {
  const { secretHash: _secretHash, ...rest } = key;
  return rest;
}

function done(result: unknown): ReadResult {
  return { ok: true, result };
}

/**
 * The record over HTTP: the archive and its keys, exports, evidence, the past.
 *
 * Invariants: as for the books, nothing is read before the reader is known, allowed and recorded;
 * what is asked of depends on the reader's organisation alone. Only the public keys are public.
 */
import { Hono } from "hono/tiny";
import { canonicalJson } from "#events/canonical.ts";
import { showCircuits } from "../admin/circuits.ts";
import { restoreActor } from "../admin/restore.ts";
import { showDiagnosis } from "../admin/diagnosis.ts";
import { GatewayError } from "../errors.ts";
import {
  archiveNow,
  fetchArtefact,
  fetchViews,
  listArchive,
  listFaults,
  rebuildViews,
} from "./archive.ts";
import { exportEntries, ExportParams } from "./export.ts";
import { publishKeys } from "./keys.ts";
import { explainEntry, idOf, proveEntry, showState, StateParams } from "./past.ts";
import { memberOf, MemberEvidenceParams, proveMember } from "./member-evidence.ts";
import { showPayload } from "./payload.ts";
import { showMetrics } from "./metrics.ts";
import { priceEffect } from "./price-effect.ts";
import { giveFeedback } from "./feedback.ts";
import { deleteView, listViews, putView, viewNamed } from "./saved-views.ts";
import { showShadow, ShadowParams } from "./shadow.ts";
import { listLetters, listSinks, retryLetters, sinkNamed } from "./sinks.ts";
import { whatIf } from "./what-if.ts";
import { parseQuery, reading, toRefusal, type RecordContext, type RecordEnv } from "./reader.ts";

const AUDITORS = ["admin", "auditor"] as const;
const ALL = ["admin", "auditor", "member"] as const;

/** The record's routes, to be mounted at the root before the books'. */
export const recordRoutes = new Hono<RecordEnv>();

recordRoutes.onError((error, c) => toRefusal(c, error));

recordRoutes.get("/.well-known/tallygate/keys", (c) => publishKeys(c.env));

recordRoutes.post("/policy/what-if", (c) =>
  reading(c, ["admin"], { action: "policy.what-if", resource: "draft" }, whatIf),
);

recordRoutes.post("/policy/price-effect", (c) =>
  reading(c, ["admin"], { action: "price.effect", resource: "correction" }, priceEffect),
);

recordRoutes.get("/policy/shadow", (c) => {
  const query = parseQuery(c, ShadowParams);
  const resource = canonicalJson(query);
  return reading(c, AUDITORS, { action: "policy.shadow", resource }, (reader) =>
    showShadow(reader, query),
  );
});

const act = (c: RecordContext, action: string) => ({
  action,
  resource: new URL(c.req.url).pathname,
});

recordRoutes.get("/admin/diagnosis", (c) =>
  reading(c, AUDITORS, act(c, "diagnosis.read"), showDiagnosis),
);
recordRoutes.get("/admin/circuits", (c) =>
  reading(c, AUDITORS, act(c, "circuits.read"), showCircuits),
);
recordRoutes.post("/admin/restore", (c) =>
  reading(c, ["admin"], act(c, "actor.restore"), restoreActor),
);
recordRoutes.get("/audit/faults", (c) => reading(c, AUDITORS, act(c, "faults.read"), listFaults));

recordRoutes.get("/audit/saved-views", (c) =>
  reading(c, AUDITORS, act(c, "saved-views.list"), listViews),
);
recordRoutes.put("/audit/saved-views/:name", (c) =>
  reading(c, AUDITORS, { action: "saved-views.save", resource: viewNamed(c) }, putView),
);
recordRoutes.delete("/audit/saved-views/:name", (c) =>
  reading(c, AUDITORS, { action: "saved-views.delete", resource: viewNamed(c) }, deleteView),
);
recordRoutes.post("/audit/rebuild", (c) =>
  reading(c, ["admin"], act(c, "views.rebuild"), rebuildViews),
);
recordRoutes.get("/audit/archive", (c) =>
  reading(c, AUDITORS, act(c, "archive.list"), listArchive),
);
recordRoutes.post("/audit/archive", (c) =>
  reading(c, AUDITORS, act(c, "archive.write"), archiveNow),
);
recordRoutes.get("/audit/archive/:shard/views.json", (c) =>
  reading(c, AUDITORS, act(c, "archive.views"), fetchViews),
);
recordRoutes.get("/audit/archive/:shard/:kind/:file", (c) =>
  reading(c, AUDITORS, act(c, "archive.read"), fetchArtefact),
);

recordRoutes.get("/metrics", (c) => reading(c, AUDITORS, act(c, "metrics.read"), showMetrics));
recordRoutes.get("/audit/sinks", (c) => reading(c, AUDITORS, act(c, "sinks.list"), listSinks));
recordRoutes.get("/audit/sinks/:sink/letters", (c) =>
  reading(c, AUDITORS, { action: "sinks.letters", resource: sinkNamed(c) }, listLetters),
);
recordRoutes.post("/audit/sinks/:sink/retry", (c) =>
  reading(c, ["admin"], { action: "sinks.retry", resource: sinkNamed(c) }, retryLetters),
);

recordRoutes.get("/audit/export", (c) => {
  const query = parseQuery(c, ExportParams);
  const { user } = query;
  return reading(
    c,
    ALL,
    { action: "audit.export", resource: canonicalJson(query) },
    async (reader) => {
      const { member } = reader.principal;
      if (member.role !== "member") return exportEntries(reader, query);
      if (user !== undefined && user !== member.id) {
        throw new GatewayError("forbidden", "Members see their own entries only; ask an auditor.");
      }
      return exportEntries(reader, { ...query, user: member.id });
    },
  );
});

recordRoutes.get("/audit/events/:id/explain", (c) =>
  reading(c, ALL, { action: "audit.explain", resource: idOf(c) }, explainEntry),
);
recordRoutes.get("/audit/events/:id/evidence", (c) =>
  reading(c, ALL, { action: "audit.evidence", resource: idOf(c) }, proveEntry),
);

// Who calls models says what their answers were worth.
recordRoutes.post("/audit/events/:id/feedback", (c) =>
  reading(
    c,
    ALL,
    { action: "feedback.give", resource: idOf(c) },
    async (reader) => reader.c.json(await giveFeedback(reader)),
    "inference",
  ),
);

recordRoutes.get("/audit/members/:id/evidence", (c) => {
  const query = parseQuery(c, MemberEvidenceParams);
  const resource = memberOf(c);
  return reading(c, ALL, { action: "audit.member-evidence", resource }, (reader) =>
    proveMember(reader, query),
  );
});

recordRoutes.get("/audit/events/:id/payload", (c) =>
  reading(c, ALL, { action: "payload.read", resource: idOf(c) }, showPayload),
);

recordRoutes.get("/audit/state", (c) => {
  const query = parseQuery(c, StateParams);
  const resource = canonicalJson(query);
  return reading(c, AUDITORS, { action: "audit.state", resource }, (reader) =>
    showState(reader, query),
  );
});

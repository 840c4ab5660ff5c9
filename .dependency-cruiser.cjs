/** The arrows between rooms. `scripts/rooms.ts` runs this and refuses a run that cruised nothing. */
const room = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });
module.exports = {
  forbidden: [
    room(
      "events-depends-on-nothing",
      { path: "^src/events/" },
      { path: "^src/(?!events/)" },
      "events is the bottom room.",
    ),
    room(
      "leaf-rooms-know-only-events",
      { path: "^src/(policy|dlp|providers)/" },
      { path: "^src/(?!events/|$1/)" },
      "policy, dlp and providers are pure leaves.",
    ),
    room(
      "projections-fold-events",
      { path: "^src/projections/" },
      { path: "^src/(dlp|providers|edge)/" },
      "projections fold events; they may replay deciders.",
    ),
    room(
      "projections-no-shells",
      { path: "^src/projections/" },
      { path: "^src/actors/.*(actor|store|outbox)\\.ts$" },
      "projections replay deciders, never shells.",
    ),
    room(
      "deciders-are-pure",
      { path: "^src/actors/.*decider\\.ts$" },
      { path: "(partyserver|cloudflare:|^src/(dlp|providers|projections|edge)/)", reachable: true },
      "a decider uses events and policy only.",
    ),
    room(
      "actors-do-not-import-actors",
      { path: "^src/actors/([^/]+)/" },
      { path: "^src/actors/(?!kit/|$1/)", dependencyTypesNot: ["type-only"] },
      "actors talk by RPC; types only.",
    ),
    room(
      "nobody-imports-edge",
      { path: "^src/(?!edge/)" },
      { path: "^src/edge/" },
      "edge is the top room.",
    ),
    room(
      "partyserver-in-one-file",
      { path: "^src/", pathNot: "^src/actors/kit/actor\\.ts$" },
      { path: "partyserver" },
      "one file knows partyserver.",
    ),
    room(
      "pure-rooms-reach-no-runtime",
      { path: "^src/(events|policy|dlp|providers|projections)/" },
      { path: "^(cloudflare:|node_modules/partyserver/)", reachable: true },
      "what is pure runs anywhere.",
    ),
    room(
      "no-circular",
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
      "no cycles, but for types.",
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    parser: "swc",
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};

/** Cosigned checkpoints of a shard: that they are the log's own, and that enough witnesses signed. */
import { originOf } from "#events/checkpoint.ts";
import { cosignedAt, type WitnessKey } from "#events/cosignature.ts";
import { paths } from "#events/manifest.ts";
import { isSignedBy, parseNote, type NoteKey } from "#events/note.ts";
import { readText, type ReportFile, type ShardArtefacts } from "./artefacts.ts";

/** Whose cosignatures are demanded, and how many of them. */
export interface WitnessDemand {
  keys: readonly WitnessKey[];
  quorum: number;
}

/** What is checked of cosigned checkpoints. */
export interface WitnessedSetup {
  artefacts: ShardArtefacts;
  publicKeys: readonly Uint8Array<ArrayBuffer>[];
  demand: WitnessDemand | undefined;
  /** The segments whose checkpoints were cosigned, ascending. */
  cosigned: readonly number[];
  add: ReportFile;
}

/** Checks them; how many segments are covered by the last that enough witnesses cosigned. */
export async function checkWitnessed(setup: WitnessedSetup): Promise<number> {
  const { artefacts, publicKeys, demand, cosigned, add } = setup;
  const name = originOf(artefacts.shard);
  const keys: NoteKey[] = publicKeys.map((publicKey) => ({ name, publicKey }));
  let covered = 0;
  for (const n of cosigned) {
    const file = paths.cosigned(n);
    const text = await readText(artefacts, file, add);
    const checkpoint = await readText(artefacts, paths.checkpoint(n), add);
    const note = parseNote(text ?? "");
    // It begins with the checkpoint, byte for byte, which has been checked.
    if (note === undefined || checkpoint === undefined || text?.startsWith(checkpoint) !== true) {
      add("damaged", "it is not its checkpoint with cosignatures", { file });
      continue;
    }
    if (!(await isSignedBy(note, keys))) add("signature", "no known key has signed it", { file });
    if (demand === undefined) continue;
    const times = await Promise.all(demand.keys.map((key) => cosignedAt(note, key)));
    const found = times.filter((time) => time !== undefined).length;
    if (found >= demand.quorum) covered = n + 1;
  }
  if (demand !== undefined && covered === 0) {
    add("missing", "no checkpoint has the witnesses' cosignatures", {});
  }
  return covered;
}

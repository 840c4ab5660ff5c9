/** The views that a shard published, compared with the fold once it has come to their position. */
import { canonicalJson } from "#events/canonical.ts";
import { paths } from "#events/manifest.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { ReportFile } from "./artefacts.ts";
import type { Sums } from "./sums.ts";

const where = { file: paths.views };

export class PublishedViews {
  readonly #add: ReportFile;
  #views: { position: number } | undefined;

  /** `text` is the file's, when there is one. */
  constructor(text: string | undefined, add: ReportFile) {
    this.#add = add;
    if (text === undefined) return;
    const views = tryParseJson(text) as { position?: unknown } | undefined;
    if (typeof views?.position === "number" && text === `${canonicalJson(views)}\n`) {
      this.#views = views as { position: number };
    } else {
      add("damaged", "it does not hold views as they are written", where);
    }
  }

  /** Compares, if `position` is the one that they name. */
  compareAt(position: number, sums: Sums): void {
    if (this.#views?.position !== position) return;
    const difference = sums.difference({ ...this.#views });
    if (difference !== undefined) this.#add("views", difference, where);
    this.#views = undefined;
  }

  /** Tells of views that no segment's end was the position of. */
  end(): void {
    if (this.#views === undefined) return;
    const message = `it is about ${this.#views.position} events, which is no segment's end`;
    this.#add("views", message, where);
  }
}

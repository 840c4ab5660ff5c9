/** One act of an admin, or of a budget, as a sentence. */
import type { Entry } from "../data/books.ts";
import { useLink } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";
import { actSentence } from "../logic/acts.ts";
import { dateTime, fromNow } from "../logic/format.ts";

export function ActLine({ entry }: { entry: Entry }) {
  const link = useLink(pathOf("requests", entry.id));
  return (
    <li>
      <a className="text-link" {...link}>
        {actSentence(entry)}
      </a>
      <div className="small soft" title={dateTime(entry.at)}>
        {entry.user === "" ? "the system" : entry.user} · {fromNow(entry.at, Date.now())}
      </div>
    </li>
  );
}

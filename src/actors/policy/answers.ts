/**
 * Answers to commands that changed something, so that a command sent again after a lost connection
 * gets the same one and does nothing twice. Bounded: the oldest go first.
 */
import { createHash } from "node:crypto";
import { answersMax } from "./limits.ts";

type Row = { digest: string; answer: string };

export class AnswerBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS answers (n INTEGER PRIMARY KEY, member TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, answer TEXT NOT NULL, UNIQUE (member, id)) STRICT",
    );
  }

  /** The answer that a member's command got before; `reused` when the id stood for another one. */
  find(member: string, id: string, frame: string): { answer: string } | "reused" | undefined {
    const row = this.#sql
      .exec<Row>("SELECT digest, answer FROM answers WHERE member = ? AND id = ?", member, id)
      .toArray()[0];
    if (row === undefined) return undefined;
    return row.digest === digestOf(frame) ? { answer: row.answer } : "reused";
  }

  /** Keeps an answer. It holds no secret: a key's text is told once. */
  keep(member: string, id: string, frame: string, answer: string): void {
    const { n } = this.#sql
      .exec<{ n: number }>(
        "INSERT INTO answers (member, id, digest, answer) VALUES (?, ?, ?, ?) RETURNING n",
        member,
        id,
        digestOf(frame),
        answer,
      )
      .one();
    this.#sql.exec("DELETE FROM answers WHERE n <= ?", n - answersMax);
  }
}

function digestOf(frame: string): string {
  return createHash("sha256").update(frame).digest("hex");
}

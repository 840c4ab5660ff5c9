/** Who was a member once: the state forgets them, the stream does not. */

/** Whether the stream tells of a member of this id who left. Reads all of it: for rare commands. */
export function wasMember(sql: SqlStorage, id: string): boolean {
  const { found } = sql
    .exec<{ found: number }>(
      "SELECT EXISTS (SELECT 1 FROM events WHERE json_extract(body, '$.type') = 'MemberRemoved' AND json_extract(body, '$.data.id') = ?) AS found",
      id,
    )
    .one();
  return found === 1;
}

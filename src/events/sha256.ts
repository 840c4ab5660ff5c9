/** SHA-256 of a text in one call: a hash object for each of a request's hashes costs twice as much. */
import { hash } from "node:crypto";

/** SHA-256 of the text's UTF-8 bytes, hex. */
export function sha256Hex(text: string): string {
  return hash("sha256", text, "hex");
}

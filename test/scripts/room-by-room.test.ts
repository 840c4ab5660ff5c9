import { expect, it } from "vitest";
import { roomByRoom } from "../../scripts/room-by-room.ts";

it("a bundle asks for rooms by their arrows, for a folder's files together, and for its entry last", () => {
  const files = [
    "src/edge/worker.ts",
    "node_modules/zod/index.js",
    "src/edge/auth/keys.ts",
    "client/src/errors.ts",
    "src/dlp/scan.ts",
    "src/dlp/kit/links.ts",
    "src/dlp/engine.ts",
    "src/events/note.ts",
  ];
  const { contents } = roomByRoom("src/edge/worker.ts", files);
  const asked = [...contents.matchAll(/^import "\.\/(.+)";$/gm)].map(([, file]) => file);
  expect(asked).toEqual([
    "src/events/note.ts",
    "src/dlp/engine.ts",
    "src/dlp/scan.ts",
    "src/dlp/kit/links.ts",
    "src/edge/worker.ts",
    "src/edge/auth/keys.ts",
    "client/src/errors.ts",
  ]);
  expect(contents).toMatch(
    /export \* from "\S+\/src\/edge\/worker\.ts";\nexport \{ default \} from/,
  );
});

/** The organisation's named filters: listed, kept, forgotten; what others do to them is followed. */
import type { SavedView } from "../logic/saved-views.ts";
import { ask } from "./api.ts";
import { useAdminNews } from "./use-admin.ts";
import { useLoad, type Loaded } from "./use-load.ts";

const PATH = "/audit/saved-views";
const pathOf = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;

export function useSavedViews(): Loaded<{ views: SavedView[] }> {
  const loaded = useLoad("saved views", (signal) => ask<{ views: SavedView[] }>(PATH, { signal }));
  useAdminNews(["SavedViewSet", "SavedViewDeleted"], loaded.reload);
  return loaded;
}

export const keepView = (name: string, view: object): Promise<unknown> =>
  ask(pathOf(name), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(view),
  });

export const forgetView = (name: string): Promise<unknown> =>
  ask(pathOf(name), { method: "DELETE" });

/** Azure storage or service bus key. */
import { tokenDetector } from "../kit/token.ts";

export const azureStorageKey = tokenDetector({
  id: "azure-storage-key",
  title: "Azure storage or service bus key",
  groups: ["azure"],
  prefixes: ["DefaultEndpointsProtocol=", "AccountKey=", "SharedAccessKey="],
  extra: "_-=;.:/+",
  pattern:
    /^(?:DefaultEndpointsProtocol=https?;[A-Za-z0-9=;.:/+-]{0,200}?)?(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,100}={0,2}(?:;EndpointSuffix=[a-z.]{1,60})?/,
});

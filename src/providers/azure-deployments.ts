/**
 * Azure OpenAI by deployments: the model is the name of a deployment and stands in the path, and
 * `api-version` in the query. A base URL may carry another version than the last general one of this
 * form. Source: learn.microsoft.com/azure/ai-foundry/openai/reference (data plane inference,
 * 2024-10-21) and the `AzureOpenAI` client of `openai` 6.49.0. The row `azure` is the v1 form.
 */
import { httpProvider } from "./http-provider.ts";
import type { ProviderTarget } from "./types.ts";

const VERSION_DEFAULT = "2024-10-21";

function pathTo(operation: string): (to: ProviderTarget) => string {
  return ({ baseUrl, model }) => {
    const version = /[?&]api-version=/.test(baseUrl) ? "" : `?api-version=${VERSION_DEFAULT}`;
    return `/deployments/${encodeURIComponent(model)}/${operation}${version}`;
  };
}

export const azureDeployments = httpProvider({
  id: "azure-deployments",
  title: "Azure OpenAI (deployments)",
  dialect: "openai-chat",
  defaultBaseUrl: "",
  baseUrlForm: "https://{resource}.openai.azure.com/openai",
  secretName: "AZURE_OPENAI_API_KEY",
  path: pathTo("chat/completions"),
  paths: { embeddings: pathTo("embeddings") },
  auth: (credential) => ({ "api-key": credential }),
});

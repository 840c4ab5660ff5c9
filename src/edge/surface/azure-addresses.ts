/**
 * Azure OpenAI's addresses, whose path names the deployment: what its SDKs call (`AzureOpenAI` of the
 * package `openai` 6.49.0), and Cloudflare's form of them. A deployment is the model that is asked
 * for; `api-version` says nothing here, since policy says whom to ask and how.
 */

/** What such a path names. */
export interface Deployment {
  model: string;
  /** The operation, as in `chat/completions`. */
  operation: string;
}

/** `deployments/{deployment}/{operation}`, with and without `openai/` before it. */
export function deploymentOf(path: string): Deployment | undefined {
  const match = /^(?:openai\/)?deployments\/([^/]+)\/(.+)$/.exec(path);
  const [, model, operation] = match ?? [];
  return model === undefined || operation === undefined ? undefined : { model, operation };
}

/** Cloudflare's `azure-openai/{resource}/{deployment}/{operation}`, after its slug. */
export function cloudflareDeploymentOf(path: string): Deployment | undefined {
  const [, model, ...operation] = path.split("/");
  return model === undefined || operation.length === 0
    ? undefined
    : { model, operation: operation.join("/") };
}

/** The unit of the benchmark: the least a Worker can do between a caller and an upstream. */
interface Env {
  UPSTREAM: string;
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    return fetch(env.UPSTREAM + url.pathname, {
      method: request.method,
      headers: request.headers,
      body: request.body,
    });
  },
};

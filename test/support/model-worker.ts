/** A Worker of somebody's that serves a model in OpenAI's words, and says what it was asked. */
interface Body {
  model: string;
  stream?: boolean;
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

export default {
  async fetch(request: Request): Promise<Response> {
    const { model, stream } = await request.json<Body>();
    if (model === "gpt-broken") {
      return Response.json({ error: { message: "out of order", code: "broken" } }, { status: 500 });
    }
    const { hostname, pathname } = new URL(request.url);
    const said = `${hostname} ${pathname} ${request.headers.get("authorization") ?? "no key"}`;
    if (stream !== true) {
      const message = { role: "assistant", content: said };
      return Response.json({
        model,
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage,
      });
    }
    const choice = { index: 0, delta: { content: said }, finish_reason: null };
    const end = { index: 0, delta: {}, finish_reason: "stop" };
    const events = [{ choices: [choice] }, { choices: [end] }, { choices: [], usage }];
    return new Response(`${events.map(event).join("")}data: [DONE]\n\n`, {
      headers: { "content-type": "text/event-stream" },
    });
  },
};

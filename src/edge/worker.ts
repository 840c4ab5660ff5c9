/** The Worker's entry: what the runtime calls, and the actors' classes that it must find here. */
export default {
  fetch(): Response {
    return new Response("ok\n");
  },
};

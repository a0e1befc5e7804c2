// A proxy in front of the service that makes refreshes fail as planned.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const ERRORS = { 429: "rate_limited", 503: "service_unavailable" };

/**
 * Starts the proxy. `plan` has the faults of the next refreshes: a status, or "lost" if the service answers and the response does
 * not arrive. `seen` has the refreshes so far.
 */
export async function start(service) {
  const front = { plan: [], seen: [] };
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const body = method === "POST" ? await text(request) : undefined;
    const fault = url.endsWith("/refresh") ? front.plan.shift() : undefined;
    if (url.endsWith("/refresh")) {
      const { refreshToken } = JSON.parse(body);
      front.seen.push({ token: refreshToken, key: headers["idempotency-key"], address: headers["x-forwarded-for"] });
    }
    if (fault in ERRORS) {
      response.writeHead(fault, { "Content-Type": "application/json", "Retry-After": "1" });
      return response.end(JSON.stringify({ error: ERRORS[fault], message: "Try again." }));
    }
    const { "content-type": type, "idempotency-key": key, authorization } = headers;
    const passed = Object.entries({ "Content-Type": type, "Idempotency-Key": key, Authorization: authorization });
    const answer = await fetch(service + url, { method, headers: passed.filter(([, value]) => value), body });
    if (fault === "lost") return request.socket.destroy();
    return response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  front.url = `http://127.0.0.1:${server.address().port}`;
  front.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return front;
}

/** Posts to an endpoint of the service directly, as another client does. */
export function post(service, endpoint, body, headers = {}) {
  const init = { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
  return fetch(`${service}/api/v1/auth/${endpoint}`, init);
}

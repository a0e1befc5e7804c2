// A Node service that verifies HookSentry access tokens. Run with Node 20.20.2, jose 6.2.18, redis 6.3.1 and Redis 7.0.15.
//
//   npm install jose redis
//   JWT_KEY=$(cat jwt-key) REDIS_URL=redis://verifier:PASSWORD@127.0.0.1:6379 node server.mjs
import { createServer } from "node:http";
import { jwtVerify } from "jose";
import { createClient } from "redis";

const { JWT_KEY = "", JWT_PREVIOUS_KEYS = "" } = process.env;
const keys = [JWT_KEY, ...JWT_PREVIOUS_KEYS.split("\n").filter(Boolean)].map((key) => new TextEncoder().encode(key));
if (keys.some((key) => key.length < 32)) throw new Error("JWT_KEY: a key has at least 32 bytes");
const redis = createClient({
  url: process.env.REDIS_URL,
  disableOfflineQueue: true, // while Redis is unreachable, a command fails at once
  pingInterval: 1000,
  socket: {
    connectTimeout: 500,
    socketTimeout: 3000, // a connection without an answer for this long is closed
    reconnectStrategy: (attempt) => Math.min(100 * (attempt + 1), 1000), // the default does not reconnect after a socket timeout
  },
});
redis.on("error", (error) => console.error("redis:", error.message));
redis.connect().catch(() => {}); // reconnects by itself

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ROLES = ["Developer", "Admin", "Owner", "Viewer"];
const isText = (value) => typeof value === "string" && value !== "";
const isId = (value) => isText(value) && UUID.test(value);

/** Returns the claims of a valid token, or null. */
async function claimsOf(token) {
  const rules = {
    algorithms: ["HS256"],
    issuer: "hooksentry-api",
    audience: "hooksentry-client",
    requiredClaims: ["sub", "jti", "email", "tenant_id", "role", "exp"],
    clockTolerance: 5,
  };
  const { payload } = await Promise.any(keys.map((key) => jwtVerify(token, key, rules))).catch(() => ({}));
  if (!payload || !isId(payload.sub) || !isId(payload.jti) || !isId(payload.tenant_id)) return null;
  if (!isText(payload.email) || !ROLES.includes(payload.role)) return null;
  return payload.sid === undefined || isId(payload.sid) ? payload : null;
}

/** Returns whether the token is revoked. Rejects if the primary does not answer within half a second. */
async function isRevoked(jti) {
  const late = new Promise((_, reject) => setTimeout(reject, 500, new Error("no answer within 500 ms")));
  const asked = Promise.all([redis.role(), redis.exists(`auth:jwt:revoked:${jti}`)]); // one round trip
  const [{ role }, entries] = await Promise.race([asked, late]);
  if (role !== "master") {
    redis.sendCommand(["QUIT"]).catch(() => {}); // the next connection may find the primary
    throw new Error("not the primary");
  }
  return entries === 1;
}

function sendError(response, status, error, message, headers) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify({ error, message }));
}

/** Wraps a handler. It is called with the claims of the caller, and only for a valid token. */
const verified = (handler) => async (request, response) => {
  const values = request.headersDistinct.authorization ?? [];
  const [scheme, token = ""] = (values[0] ?? "").split(/ +(.*)/s);
  const presented = scheme.toLowerCase() === "bearer";
  const invalid = () =>
    sendError(response, 401, "invalid_token", "The bearer token is missing or not valid.", {
      "WWW-Authenticate": presented ? 'Bearer error="invalid_token"' : "Bearer",
    });
  const claims = presented && values.length === 1 ? await claimsOf(token) : null;
  if (!claims) return invalid();
  try {
    if (await isRevoked(claims.jti)) return invalid();
  } catch {
    const message = "The service cannot answer at the moment; nothing was changed, try again.";
    return sendError(response, 503, "service_unavailable", message, { "Retry-After": "2" });
  }
  return handler(request, response, claims);
};

const port = process.env.PORT ?? 8081;
createServer(
  verified((request, response, { sub, tenant_id, role, email, sid }) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ userId: sub, tenantId: tenant_id, role, email, sessionId: sid }));
  }),
).listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${port}`));

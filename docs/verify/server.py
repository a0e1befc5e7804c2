"""WSGI middleware that verifies HookSentry access tokens, for Flask, Django and others.

Run with Python 3.11.7, PyJWT 2.15.1, redis 8.1.0 and Redis 7.0.15.

    pip install PyJWT redis
    JWT_KEY=$(cat jwt-key) REDIS_URL=redis://verifier:PASSWORD@127.0.0.1:6379 python server.py
"""

import contextlib
import json
import os
import re
from wsgiref.simple_server import make_server

import jwt
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ROLES = ("Developer", "Admin", "Owner", "Viewer")
REQUIRED = ["sub", "jti", "email", "tenant_id", "role", "exp", "iss", "aud"]


class Verified:
    """Calls `app` for requests with a valid bearer token. `environ["hooksentry.claims"]` has the claims."""

    def __init__(self, app, keys, redis_url):
        self.app, self.keys = app, keys
        if any(len(key.encode()) < 32 for key in self.keys):
            raise ValueError("JWT_KEY: a key has at least 32 bytes")
        # One retry, because a pooled connection may be closed. Both attempts together take half a second at most.
        self.redis = redis.Redis.from_url(
            redis_url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 1)
        )

    def __call__(self, environ, start_response):
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return unauthorized(start_response, "Bearer")
        try:
            claims = self.claims(token.lstrip(" "))
            if self.is_revoked(claims["jti"]):
                raise jwt.InvalidTokenError("revoked")
        except (jwt.PyJWTError, RecursionError, OverflowError):  # of deeply nested JSON, and of a time such as 1e999
            return unauthorized(start_response, 'Bearer error="invalid_token"')
        except redis.RedisError:
            message = "The service cannot answer at the moment; nothing was changed, try again."
            header = ("Retry-After", "2")
            return send_error(start_response, "503 Service Unavailable", "service_unavailable", message, header)
        environ["hooksentry.claims"] = claims
        return self.app(environ, start_response)

    def is_revoked(self, jti):
        question = self.redis.pipeline(transaction=False)  # one connection, one round trip
        role, entries = question.role().exists("auth:jwt:revoked:" + jti).execute()
        if role[0] != b"master":
            self.redis.connection_pool.disconnect(inuse_connections=False)  # the next connection may lead to the primary
            raise redis.RedisError("not the primary")
        return entries == 1

    def claims(self, token):
        for key in self.keys:
            with contextlib.suppress(jwt.InvalidSignatureError):
                return self.claims_by(key, token)
        raise jwt.InvalidTokenError("signature")

    def claims_by(self, key, token):
        claims = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            issuer="hooksentry-api",
            audience="hooksentry-client",
            leeway=5,
            options={"require": REQUIRED},
        )
        ids = [claims["sub"], claims["jti"], claims["tenant_id"], *([claims["sid"]] if "sid" in claims else [])]
        good = all(isinstance(id, str) and UUID.fullmatch(id) for id in ids)
        good = good and isinstance(claims["email"], str) and claims["email"] and claims["role"] in ROLES
        if not good or not isinstance(claims["exp"], (int, float)):
            raise jwt.InvalidTokenError("claims")
        return claims


def unauthorized(start_response, challenge):
    message = "The bearer token is missing or not valid."
    return send_error(start_response, "401 Unauthorized", "invalid_token", message, ("WWW-Authenticate", challenge))


def send_error(start_response, status, error, message, header):
    start_response(status, [("Content-Type", "application/json"), header])
    return [json.dumps({"error": error, "message": message}).encode()]


def app(environ, start_response):
    claims = environ["hooksentry.claims"]
    caller = {"userId": claims["sub"], "tenantId": claims["tenant_id"], "role": claims["role"]}
    caller |= {"email": claims["email"], "sessionId": claims.get("sid")}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(caller).encode()]


if __name__ == "__main__":
    previous = [key for key in os.environ.get("JWT_PREVIOUS_KEYS", "").split("\n") if key]
    protected = Verified(app, [os.environ.get("JWT_KEY", ""), *previous], os.environ["REDIS_URL"])
    port = int(os.environ.get("PORT", "8081"))
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    make_server("127.0.0.1", port, protected).serve_forever()

"""Credentials that the service accepts, for a part of the requests that the fuzzer generates."""

import os

import requests
import schemathesis

ADDRESS = os.environ["FUZZ_ADDRESS"]
EMAIL = os.environ["FUZZ_EMAIL"]
PASSWORD = os.environ["FUZZ_PASSWORD"]
LIVE_REFRESH_TOKEN = os.environ["FUZZ_LIVE_REFRESH_TOKEN"]
LOGOUT = "/api/v1/auth/logout"


def log_in():
    """Returns a new token pair."""
    credentials = {"email": EMAIL, "password": PASSWORD}
    response = requests.post(f"{ADDRESS}/api/v1/auth/login", json=credentials, timeout=10)
    response.raise_for_status()
    return response.json()


class AccessToken:
    def get(self, case, context):
        return log_in()["accessToken"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


# A logout revokes its bearer token, so each one gets a new one.
schemathesis.auth(refresh_interval=None).apply_to(path=LOGOUT)(type("NewAccessToken", (AccessToken,), {}))
schemathesis.auth().skip_for(path=LOGOUT)(AccessToken)


def repeats_a_name(value):
    """Returns whether an object inside has two names that differ only in the case of ASCII letters."""
    if isinstance(value, list):
        return any(map(repeats_a_name, value))
    if not isinstance(value, dict):
        return False
    names = {"".join(c.lower() if c.isascii() else c for c in str(name)) for name in value}
    return len(names) < len(value) or any(map(repeats_a_name, value.values()))


@schemathesis.hook
def filter_body(context, body):
    """Drops bodies that the service rejects for two spellings of a name, which no schema can describe."""
    return not repeats_a_name(body)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Completes the credentials whose first part is from a dictionary."""
    if not isinstance(case.body, dict):
        return
    is_valid = case.meta is None or case.meta.generation.mode.is_positive
    if is_valid and case.body.get("email") == EMAIL:
        case.body = {**case.body, "password": PASSWORD}
    if case.body.get("refreshToken") == LIVE_REFRESH_TOKEN:
        case.body = {**case.body, "refreshToken": log_in()["refreshToken"]}

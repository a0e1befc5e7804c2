"""Logs in, refreshes and logs out with the client that openapi-python-client has generated as `generated`."""

import sys

from generated import AuthenticatedClient, Client
from generated.api.auth import login, logout, me, refresh
from generated.models import (
    CallerResponse,
    ErrorCode,
    ErrorResponse,
    LoginRequest,
    LogoutRequest,
    RefreshRequest,
    RejectionReason,
    RoleName,
    TokenResponse,
)

base_url, email, password = sys.argv[1:]
client = Client(base_url=base_url)

wrong = login.sync(client=client, body=LoginRequest(email=email, password=password + "x"))
assert isinstance(wrong, ErrorResponse) and wrong.error == ErrorCode.INVALID_CREDENTIALS, wrong

first = login.sync(client=client, body=LoginRequest(email=email, password=password))
assert isinstance(first, TokenResponse), first
second = refresh.sync(client=client, body=RefreshRequest(refresh_token=first.refresh_token))
assert isinstance(second, TokenResponse) and second.refresh_token != first.refresh_token, second

caller = AuthenticatedClient(base_url=base_url, token=second.access_token)
known = me.sync(client=caller)
assert isinstance(known, CallerResponse) and (known.email, known.role) == (email, RoleName.DEVELOPER), known

used = refresh.sync(client=client, body=RefreshRequest(refresh_token=first.refresh_token))
assert isinstance(used, ErrorResponse) and used.reason == RejectionReason.ALREADY_USED, used

ended = logout.sync_detailed(client=caller, body=LogoutRequest(refresh_token=second.refresh_token))
assert ended.status_code == 204, ended
rejected = me.sync(client=caller)
assert isinstance(rejected, ErrorResponse) and rejected.error == ErrorCode.INVALID_TOKEN, rejected

"""Who asks an API: a token, a key as user name, OAuth client credentials. `renew`: True where a 401 got a new token."""

from __future__ import annotations

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.errors import ApiError
from connectors.http import Call, Client


class Bearer(AuthBase):
    """A token that stays. `renew` False: a 401 is final."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def renew(self) -> bool:
        return False


class KeyAsUser(HTTPBasicAuth):
    """HTTP Basic with an API key as the user and no password (Lever, Ashby)."""

    def __init__(self, key: str) -> None:
        super().__init__(key.encode(), b"")

    def renew(self) -> bool:
        return False


class ClientCredentials(AuthBase):
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token is fetched when first needed and again when the API says
    401, since a long extraction outlives it. `form`: what the token request carries beside the grant type."""

    def __init__(self, token_url: str, client_id: str, client_secret: str, **form: str) -> None:
        self._client = Client(token_url, HTTPBasicAuth(client_id.encode(), client_secret.encode()))
        self._form = {"grant_type": "client_credentials", **form}
        self._token: str | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is None:
            self.renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def renew(self) -> bool:
        data = self._client.call(Call("", body=self._form), is_form=True).data
        token = data.get("access_token") if isinstance(data, dict) else None
        if not token:
            raise ApiError("the token answer holds no access_token", where=self._client.base)
        self._token = str(token)
        return True

"""A small OpenID provider, run for real: discovery, keys, authorization with PKCE, token, userinfo."""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "nexus", "a secret of the tests"


@dataclass
class Provider:
    """`claims` are about whoever signs in there; `token` and `info` change what is said of them, `key` what signs it."""

    claims: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"kid": "one"})
    algorithm: str = "RS256"
    key: Any = None
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def discovery(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo",
                  "jwks_uri": "keys"}  # fmt: skip
        found = {name: f"{self.issuer}/{place}" for name, place in places.items()}
        return (
            found
            | {"issuer": self.issuer, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
            | self.about
        )

    def keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, sent: dict[str, str]) -> dict[str, Any] | None:
        asked = self.codes.pop(sent.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if asked is None or (sent.get("client_id"), sent.get("client_secret")) != (CLIENT, SECRET):
            return None
        if proof.decode() != asked["code_challenge"] or sent.get("redirect_uri") != asked["redirect_uri"]:
            return None
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"],
                "sub": self.claims["sub"]} | self.token  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        signed = jwt.encode(said, self.key or self._private, self.algorithm, headers=self.header)
        return {"access_token": "an access token", "token_type": "Bearer", "id_token": signed}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: Any) -> None:
                """Nothing."""

            def _json(self, body: Any, status: int = 200) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                match parts.path:
                    case "/.well-known/openid-configuration":
                        self._json(provider.discovery())
                    case "/keys":
                        self._json(provider.keys())
                    case "/userinfo":
                        known = self.headers["Authorization"] == "Bearer an access token"
                        self._json(provider.claims | provider.info if known else {}, 200 if known else 401)
                    case _:
                        self._json({}, 404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                answer = provider.exchange({name: values[0] for name, values in parse_qs(body).items()})
                self._json(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        return Handler

"""Somebody who reaches the installation by its name, over TLS, and keeps cookies as a browser does."""

import re
import socket
import ssl
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Any
    text: str


@dataclass
class Visitor:
    """Comes from an address of this machine; each request has a connection of its own."""

    host: str
    port: int
    trusted: ssl.SSLContext
    address: str
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def connect(self) -> ssl.SSLSocket:
        """A connection to the port of this machine, under the name of the host."""
        plain = socket.create_connection(
            ("127.0.0.1", self.port), timeout=60, source_address=(self.address, 0)
        )
        return self.trusted.wrap_socket(plain, server_hostname=self.host)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request and read the answer."""
        connection = HTTPConnection(self.host)
        connection.sock = self.connect()
        kept = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        with connection.sock:
            connection.request(method, path, body, {"Cookie": kept, **(headers or {})})
            return self._read(connection.getresponse())

    def announce(self, path: str, length: int, content_type: str) -> Answer:
        """Send the head of a POST that has so long a body, and none of that."""
        head = [f"POST {path} HTTP/1.1", f"Host: {self.host}", f"Content-Type: {content_type}"]
        with self.connect() as connection:
            connection.sendall("\r\n".join([*head, f"Content-Length: {length}", "", ""]).encode())
            response = HTTPResponse(connection)
            response.begin()
            return self._read(response)

    def sign_in(self, email: str, password: str, headers: dict[str, str] | None = None) -> Answer:
        """Fill in the form for signing in."""
        form = self.ask("GET", "/account/login/").text
        (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form))
        fields = {"csrfmiddlewaretoken": token, "login": email, "password": password}
        return self.ask(
            "POST",
            "/account/login/",
            urlencode(fields),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"https://{self.host}",
                **(headers or {}),
            },
        )

    def _read(self, response: HTTPResponse) -> Answer:
        for cookie in response.headers.get_all("Set-Cookie") or ():
            self.cookies.load(cookie)
        return Answer(response.status, response.headers, response.read().decode(errors="replace"))

"""Those who use an installation while its parts are killed, and what they were told."""

import http.client
import io
import json
import re
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit

from tests.faults.stage import ROOT, Stage

FORM: Final = "application/x-www-form-urlencoded"
EMAIL, PASSWORD = "owner@example.com", "correct horse battery"
# What a connection that ends without an answer is counted as.
CUT: Final = 0
HIDDEN: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
KEY_ID: Final = re.compile(r'id="reveal-key-id"[^>]*>(?:\s*<[^>]+>)*\s*(\w+)')
SECRET: Final = re.compile(r"cui1_[0-9A-Za-z]+")


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage | dict[str, str]
    body: str
    seconds: float

    @property
    def request_id(self) -> str:
        return str(self.headers.get("X-Request-Id", ""))


@dataclass
class Ledger:
    """What was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    slowest: dict[int, tuple[float, str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    deploys: set[str] = field(default_factory=set)
    # By name, what it may be: the last that was answered with success, and what was sent since without one.
    variables: dict[str, list[str]] = field(default_factory=dict)
    requests: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, answer: Answer) -> None:
        with self.lock:
            self.statuses[answer.status] += 1
            now = (answer.seconds, what)
            self.slowest[answer.status] = max(self.slowest.get(answer.status, now), now)
            if answer.status not in {200, 201, 302, 502, 503} and len(self.examples) < 5:
                self.examples.append(f"{what} {answer.status} {answer.body[:300]!r}")

    def wrong_variables(self, now: dict[str, str]) -> dict[str, Any]:
        return {
            name: (now.get(name), may) for name, may in self.variables.items() if now.get(name) not in may
        }


class Caller:
    """One who asks again and again; those of a kind take turns with a pause."""

    number: ClassVar = 1
    pause: ClassVar = 0.1

    def __init__(self, stage: Stage, url: str, ledger: Ledger) -> None:
        self.stage = stage
        self.url = url
        self.ledger = ledger
        self.cookies: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self.pause):
            self.act()

    def act(self) -> None:
        """Do one thing."""
        raise NotImplementedError

    def succeed(self) -> None:
        with self.ledger.lock:
            self.ledger.successes[type(self).__name__] += 1

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask with the cookies of this browser, and count the answer."""
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = ask(self.url, method, path, body, headers)
        if isinstance(answer.headers, http.client.HTTPMessage):
            for cookie in answer.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
        self.ledger.count(f"{method} {path}", answer)
        return answer

    def send_form(self, path: str, **fields: str) -> Answer | None:
        """Open the form at this path and send it filled in; None if it does not open."""
        form = self.ask("GET", path)
        if form.status != 200:
            return None
        data = {**dict(HIDDEN.findall(form.body)), **fields}
        return self.ask("POST", path, urlencode(data), **{"Content-Type": FORM})

    def ask_with_token(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        token = self.stage.seed["token"]
        return self.ask(method, path, body, Authorization=f"Bearer {token}", **headers)


class Exchanges(Caller):
    number = 2
    pause = 0.05

    def act(self) -> None:
        key, secret = self.stage.seed["few"][1]
        answer = exchange(self.stage, self.url, key, secret)
        self.ledger.count("exchange", answer)
        if answer.status == 200:
            self.succeed()


class Bearers(Caller):
    number = 3
    pause = 0.05

    def act(self) -> None:
        if self.ask_with_token("GET", "/v1/whoami").status == 200:
            self.succeed()


class Pages(Caller):
    number = 2

    def act(self) -> None:
        name, _, value = self.stage.seed["cookie"].partition("=")
        self.cookies = {name: value}
        if self.ask("GET", self.stage.seed["page"]).status == 200:
            self.succeed()


class SignIns(Caller):
    """Nobody who types the right password is refused. Slowly: an IP address may sign in thirty times a minute."""

    pause = 4.0

    def act(self) -> None:
        self.cookies = {}
        answer = self.send_form("/account/login/", login=EMAIL, password=PASSWORD)
        if answer is None or answer.status in {502, 503, CUT}:
            return
        if answer.status != 302:
            # It would count as any other page.
            self.ledger.count("sign-in", Answer(401, {}, answer.body, 0))
        elif self.ask("GET", "/").status == 200:
            self.succeed()


class Variables(Caller):
    pause = 0.2
    names = tuple(f"VARIABLE_{number}" for number in range(20))
    turn = 0

    def act(self) -> None:
        name, value = self.names[self.turn % len(self.names)], str(self.turn)
        self.turn += 1
        self.ledger.variables.setdefault(name, []).append(value)
        change = json.dumps({"set": [{"key": name, "value": value}]})
        answer = self.ask_with_token(
            "PATCH", _path(self.stage, "variables"), change, **{"Content-Type": "application/json"}
        )
        if answer.status == 200:
            self.ledger.variables[name] = [value]
            self.ledger.requests.add(answer.request_id)
            self.succeed()


class Keys(Caller):
    pause = 0.5

    def act(self) -> None:
        name, _, value = self.stage.seed["cookie"].partition("=")
        self.cookies = {**self.cookies, name: value}
        answer = self.send_form(
            f"{self.stage.seed['page']}/new", name=f"Key {time.monotonic():.3f}", description=""
        )
        if answer is None or answer.status != 200:
            return
        key, secret = KEY_ID.search(answer.body), SECRET.search(answer.body)
        if key is None or secret is None:
            self.ledger.count("the page with a key", Answer(-1, {}, answer.body, 0))
            return
        with self.ledger.lock:
            self.ledger.keys[key[1]] = secret[0]
            self.ledger.requests.add(answer.request_id)
        self.succeed()


class Deploys(Caller):
    pause = 2.0

    def act(self) -> None:
        answer = self.ask_with_token(
            "POST", _path(self.stage, "deploys"), _archive(), **{"Content-Type": "application/x-tar"}
        )
        if answer.status == 201:
            self.ledger.deploys.add(json.loads(answer.body)["id"])
            self.ledger.requests.add(answer.request_id)
            self.succeed()


ALL: Final[tuple[type[Caller], ...]] = (Exchanges, Bearers, Pages, SignIns, Variables, Keys, Deploys)


def ask(url: str, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
    """One request over a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    began = time.monotonic()
    try:
        connection.request(method, path, body, {"Host": f"localhost:{parts.port}", **headers})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode(), time.monotonic() - began)
    except (OSError, http.client.HTTPException) as error:
        return Answer(CUT, {}, repr(error), time.monotonic() - began)
    finally:
        connection.close()


def exchange(stage: Stage, url: str, key: str, secret: str) -> Answer:
    form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
    return ask(url, "POST", "/oauth/token", urlencode(form), {"Content-Type": FORM})


def variables(stage: Stage, url: str) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {stage.seed['token']}"}
    answer = ask(url, "GET", _path(stage, "variables"), None, headers)
    return {one["key"]: one["value"] for one in json.loads(answer.body)["environment_variables"]}


def make_person(stage: Stage) -> None:
    """An Owner who can sign in."""
    subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "superuser", "--email", EMAIL],
        cwd=ROOT,
        env=stage.environment,
        input=f"{PASSWORD}\n".encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def sign_in(stage: Stage, url: str) -> None:
    """Get a token for `seed`, and the Deployment that it opens."""
    key, secret = stage.seed["few"][0]
    stage.seed["token"] = json.loads(exchange(stage, url, key, secret).body)["access_token"]
    headers = {"Authorization": f"Bearer {stage.seed['token']}"}
    stage.seed["pool"] = json.loads(ask(url, "GET", "/v1/whoami", None, headers).body)["deployment"]["id"]


def _path(stage: Stage, room: str) -> str:
    return f"/v1/deployments/{stage.seed['pool']}/{room}"


def _archive() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        content = f"# {time.monotonic()}".encode()
        member = tarfile.TarInfo("dags/made.py")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return data.getvalue()

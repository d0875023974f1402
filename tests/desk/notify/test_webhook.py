"""Webhooks to a real receiver process that checks signatures, fails, hangs, redirects."""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from desk.notify.errors import DeliveryError
from desk.notify.outbound import MAX_ANSWER, Outbound, is_public
from desk.notify.ports import WebhookCall
from desk.notify.webhook import HttpWebhook, new_secret, read_secret, sign
from tests.desk.notify.helpers import OLD_SECRET, SECRET, ServerProcess, StartServer, received

EVENT = {"specversion": "1.0", "id": "case:1:2", "type": "jinjibu.case_announced"}


def call(url: str, *secrets: str) -> WebhookCall:
    body = json.dumps(EVENT).encode()
    return WebhookCall(id="case:1:2", url=url, body=body, secrets=secrets or (SECRET,))


def hook(**changes: Any) -> HttpWebhook:
    options: dict[str, Any] = {"timeout_seconds": 10, "allow_private": True}
    return HttpWebhook(Outbound(**{**options, **changes}))


@pytest.fixture
def receiver(start_server: StartServer) -> ServerProcess:
    return start_server("receiver.py", secret=SECRET)


class TestSend:
    async def test_the_receiver_takes_what_is_signed(self, receiver: ServerProcess):
        proof = await hook().send(call(f"http://127.0.0.1:{receiver.port}/ok"))

        assert proof == "HTTP 202"
        (taken,) = received(receiver.port)["received"]
        assert taken["event"] == EVENT
        assert taken["id"] == "case:1:2"
        assert taken["type"] == "application/cloudevents+json; charset=utf-8"

    async def test_while_the_secret_is_replaced_the_receiver_may_know_either(
        self, start_server: StartServer
    ):
        with_old = start_server("receiver.py", secret=OLD_SECRET)
        with_new = start_server("receiver.py", secret=SECRET)

        for server in (with_old, with_new):
            url = f"http://127.0.0.1:{server.port}/ok"
            assert await hook().send(call(url, SECRET, OLD_SECRET)) == "HTTP 202"

    async def test_a_wrong_secret_is_not_taken_and_tried_again(self, receiver: ServerProcess):
        with pytest.raises(DeliveryError, match="HTTP 401") as raised:
            await hook().send(call(f"http://127.0.0.1:{receiver.port}/ok", OLD_SECRET))

        assert not raised.value.permanent
        assert received(receiver.port)["received"] == []

    @pytest.mark.parametrize(
        ("path", "words", "permanent", "gone", "wait"),
        [
            ("fail", "HTTP 500", False, False, None),
            ("redirect", "redirects are not followed", True, False, None),
            ("gone", "HTTP 410", True, True, None),
            ("busy", "HTTP 503", False, False, 7.0),
        ],
    )
    async def test_what_is_not_2xx_is_not_taken(
        self,
        receiver: ServerProcess,
        path: str,
        words: str,
        permanent: bool,
        gone: bool,
        wait: float | None,
    ):
        with pytest.raises(DeliveryError, match=words) as raised:
            await hook().send(call(f"http://127.0.0.1:{receiver.port}/{path}"))

        error = raised.value
        assert (error.permanent, error.gone, error.retry_after_seconds) == (permanent, gone, wait)
        assert received(receiver.port) == {"received": [], "seen": {path: 1}}

    async def test_a_receiver_that_hangs_is_left_and_tried_again(self, receiver: ServerProcess):
        with pytest.raises(DeliveryError, match="no answer within") as raised:
            await hook(timeout_seconds=0.3).send(call(f"http://127.0.0.1:{receiver.port}/hang"))

        assert not raised.value.permanent

    async def test_a_receiver_that_is_away_is_tried_again(self, receiver: ServerProcess):
        receiver.stop()

        with pytest.raises(DeliveryError, match="connection failed") as raised:
            await hook().send(call(f"http://127.0.0.1:{receiver.port}/ok"))

        assert not raised.value.permanent

    async def test_a_long_answer_is_not_read_to_its_end(self, receiver: ServerProcess):
        outbound = Outbound(timeout_seconds=10, allow_private=True)
        url = f"http://127.0.0.1:{receiver.port}/long"

        answer = await outbound.send("GET", url, headers={}, content=b"")

        assert len(answer.text) == MAX_ANSWER


class TestTls:
    async def test_name_and_certificate_are_checked_though_the_address_is_pinned(
        self, start_server: StartServer, cert_file: Path, ca_file: Path
    ):
        server = start_server("receiver.py", secret=SECRET, cert=str(cert_file))

        async def resolve(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        known = hook(ca_file=ca_file, resolve=resolve)
        await known.send(call(f"https://receiver.test:{server.port}/ok"))
        with pytest.raises(DeliveryError, match="connection failed"):
            await known.send(call(f"https://other.test:{server.port}/ok"))
        with pytest.raises(DeliveryError, match="connection failed"):
            await hook(resolve=resolve).send(call(f"https://receiver.test:{server.port}/ok"))

        taken = received_over_tls(server.port, ca_file)
        assert [entry["host"] for entry in taken] == [f"receiver.test:{server.port}"]


def received_over_tls(port: int, ca_file: Path) -> list[dict[str, Any]]:
    context = ssl.create_default_context(cafile=str(ca_file))
    answer = httpx.get(f"https://localhost:{port}/received", verify=context)
    listed: list[dict[str, Any]] = answer.json()["received"]
    return listed


class TestOwnNetwork:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.5.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104 (an address to refuse)
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1%eth0",
            "fc00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ],
    )
    def test_no_address_of_our_own_is_public(self, address: str):
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
    def test_addresses_of_the_internet_are_public(self, address: str):
        assert is_public(address)

    async def test_nothing_is_sent_into_our_own_network(self, receiver: ServerProcess):
        for url in ("https://127.0.0.1", "https://localhost", "https://[::1]"):
            with pytest.raises(DeliveryError, match="JINJIBU_NOTIFY_ALLOW_PRIVATE") as raised:
                await hook(allow_private=False).send(call(f"{url}:{receiver.port}/ok"))
            assert raised.value.permanent

        assert received(receiver.port)["seen"] == {}

    async def test_one_private_address_of_a_name_is_one_too_many(self):
        async def resolve(host: str, port: int) -> Sequence[str]:
            return ["93.184.216.34", "10.0.0.1"]

        with pytest.raises(DeliveryError, match="private network"):
            await hook(allow_private=False, resolve=resolve).send(call("https://a.example/"))

    async def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_mind(
        self, receiver: ServerProcess
    ):
        asked: list[str] = []

        async def resolve(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return ["127.0.0.1"]

        await hook(resolve=resolve).send(call(f"http://nowhere.invalid:{receiver.port}/ok"))

        assert asked == ["nowhere.invalid"]
        (taken,) = received(receiver.port)["received"]
        assert taken["host"] == f"nowhere.invalid:{receiver.port}"

    @pytest.mark.parametrize(
        "url", ["http://a.example/", "ftp://a.example/", "https://", "https://u:p@a.example/"]
    )
    async def test_other_addresses_than_plain_https_are_refused(self, url: str):
        with pytest.raises(DeliveryError) as raised:
            await hook(allow_private=False).send(call(url))

        assert raised.value.permanent

    async def test_an_unknown_name_is_tried_again(self):
        with pytest.raises(DeliveryError) as raised:
            await hook().send(call("https://nowhere.invalid/"))

        assert not raised.value.permanent


class TestSignature:
    def test_it_is_that_of_the_standard(self):
        # The example of the specification's reference libraries.
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        body = b'{"test": 2432232314}'

        signature = sign(read_secret(secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

        assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_a_new_secret_can_be_read(self):
        assert len(read_secret(new_secret())) == 32

    @pytest.mark.parametrize("bytes_", [23, 65])
    def test_a_key_of_the_wrong_length_is_refused(self, bytes_: int):
        secret = "whsec_" + base64.b64encode(b"k" * bytes_).decode()

        with pytest.raises(ValueError, match="24 to 64 bytes"):
            read_secret(secret)

    @pytest.mark.parametrize("bytes_", [24, 64])
    def test_a_key_at_the_border_is_taken(self, bytes_: int):
        secret = "whsec_" + base64.b64encode(b"k" * bytes_).decode()

        assert read_secret(secret) == b"k" * bytes_

    @pytest.mark.parametrize("secret", ["whsec_?", "secret", base64.b64encode(b"k" * 32).decode()])
    def test_what_is_no_secret_is_refused(self, secret: str):
        with pytest.raises(ValueError, match="secret"):
            read_secret(secret)

    def test_another_body_has_another_signature(self):
        key = read_secret(SECRET)

        assert sign(key, "a", 1, b"x") != sign(key, "a", 1, b"y")
        digest = hmac.new(key, b"a.1.x", hashlib.sha256).digest()
        assert sign(key, "a", 1, b"x") == "v1," + base64.b64encode(digest).decode()

    async def test_without_a_usable_secret_nothing_is_sent(self, receiver: ServerProcess):
        url = f"http://127.0.0.1:{receiver.port}/ok"
        unsigned = WebhookCall(id="a", url=url, body=b"{}", secrets=())

        for sent in (unsigned, call(url, "whsec_aGk=")):
            with pytest.raises(DeliveryError) as raised:
                await hook().send(sent)
            assert raised.value.permanent

        assert received(receiver.port)["seen"] == {}

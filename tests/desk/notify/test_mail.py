"""Mail through a real mail server process: TLS, log-in, refusals, cut connections."""

import email
import email.policy
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from desk.notify.errors import DeliveryError
from desk.notify.mail import SmtpAccount, SmtpMail, SmtpSecurity, write
from desk.notify.ports import Mail
from tests.desk.notify.helpers import ServerProcess, StartServer

pytestmark = pytest.mark.asyncio
MAIL = Mail(
    id="0193",
    to="staff@city.example.jp",
    from_name="地域の人事部 相談ナビ",
    subject="【相談ナビ】新しい相談 MAT-2611-0001（松本）で、件名はたいへん長くなることもあります",
    body="新しい相談が届きました。\n" * 40,
)
LOGIN = ["navi", "correct horse"]


def account(server: ServerProcess, **changes: Any) -> SmtpAccount:
    values: dict[str, Any] = {
        "host": "localhost",
        "port": server.port,
        "security": SmtpSecurity.NONE,
        "sender": "navi@desk.example.jp",
    }
    return SmtpAccount(**{**values, **changes})


def to(name: str) -> Mail:
    return Mail(
        id=MAIL.id,
        to=f"{name}@city.example.jp",
        from_name=MAIL.from_name,
        subject=MAIL.subject,
        body=MAIL.body,
    )


def taken_by(server: ServerProcess) -> tuple[dict[str, Any], Any]:
    taken = json.loads(server.read_line())
    return taken, email.message_from_string(taken["content"], policy=email.policy.default)


class TestSend:
    async def test_japanese_arrives_as_it_was_written(self, start_server: StartServer):
        server = start_server("smtp_server.py", security="none")

        proof = await SmtpMail(account(server)).send(MAIL)

        assert "queued as 4711" in proof
        taken, read = taken_by(server)
        assert taken["to"] == ["staff@city.example.jp"]
        assert taken["from"] == "navi@desk.example.jp"
        assert read["Subject"] == MAIL.subject
        assert read["From"].addresses[0].display_name == MAIL.from_name
        assert read.get_content().replace("\r\n", "\n") == MAIL.body
        assert read["Message-ID"] == "<0193@desk.example.jp>"
        assert read["Auto-Submitted"] == "auto-generated"

    async def test_lines_on_the_wire_are_short_ascii(self):
        wire = write(MAIL, sender="navi@desk.example.jp").as_bytes()

        assert wire.isascii()
        assert max(len(line) for line in wire.split(b"\r\n")) <= 78

    async def test_starttls_protects_the_mail_and_the_log_in(
        self, start_server: StartServer, cert_file: Path, ca_file: Path
    ):
        server = start_server(
            "smtp_server.py", security="starttls", cert=str(cert_file), login=LOGIN
        )
        user, password = LOGIN
        smtp = account(
            server,
            security=SmtpSecurity.STARTTLS,
            ca_file=ca_file,
            user=user,
            password=password,
        )

        await SmtpMail(smtp).send(MAIL)

        taken, _ = taken_by(server)
        assert (taken["tls"], taken["authenticated"]) == (True, True)

    async def test_tls_from_the_first_byte(
        self, start_server: StartServer, cert_file: Path, ca_file: Path
    ):
        server = start_server("smtp_server.py", security="tls", cert=str(cert_file))

        await SmtpMail(account(server, security=SmtpSecurity.TLS, ca_file=ca_file)).send(MAIL)

        taken, _ = taken_by(server)
        assert taken["tls"]


class TestRefusal:
    async def refusal(self, smtp: SmtpAccount, mail: Mail = MAIL) -> DeliveryError:
        with pytest.raises(DeliveryError) as raised:
            await SmtpMail(smtp).send(mail)
        return raised.value

    @pytest.mark.parametrize(
        ("name", "words", "permanent"),
        [
            ("unknown", "550 5.1.1 no such person here", True),
            ("refused", "554 5.7.1 not from you", True),
            ("full", "452 4.2.2 the box is full", False),
            ("later", "451 4.3.0 try again later", False),
        ],
    )
    async def test_the_servers_words_are_kept_and_5xx_is_final(
        self, start_server: StartServer, name: str, words: str, permanent: bool
    ):
        server = start_server("smtp_server.py", security="none")

        refusal = await self.refusal(account(server), to(name))

        assert words in str(refusal)
        assert refusal.permanent is permanent

    async def test_a_cut_connection_is_tried_again(self, start_server: StartServer):
        server = start_server("smtp_server.py", security="none")

        refusal = await self.refusal(account(server), to("cut"))

        assert not refusal.permanent

    async def test_a_server_that_is_away_is_tried_again(self, start_server: StartServer):
        server = start_server("smtp_server.py", security="none")
        server.stop()

        refusal = await self.refusal(account(server))

        assert not refusal.permanent

    async def test_a_server_without_starttls_gets_nothing(
        self, start_server: StartServer, ca_file: Path
    ):
        server = start_server("smtp_server.py", security="none")

        refusal = await self.refusal(
            account(server, security=SmtpSecurity.STARTTLS, ca_file=ca_file)
        )

        assert "STARTTLS" in str(refusal)

    async def test_a_certificate_of_an_unknown_authority_is_refused(
        self, start_server: StartServer, cert_file: Path
    ):
        server = start_server("smtp_server.py", security="tls", cert=str(cert_file))

        refusal = await self.refusal(account(server, security=SmtpSecurity.TLS))

        assert "CERTIFICATE_VERIFY_FAILED" in str(refusal)

    async def test_a_wrong_password_is_final(
        self, start_server: StartServer, cert_file: Path, ca_file: Path
    ):
        server = start_server(
            "smtp_server.py", security="starttls", cert=str(cert_file), login=LOGIN
        )

        refusal = await self.refusal(
            account(
                server,
                security=SmtpSecurity.STARTTLS,
                ca_file=ca_file,
                user="navi",
                password="wrong",
            )
        )

        assert str(refusal).startswith("535")
        assert refusal.permanent
        assert "wrong" not in str(refusal)

    async def test_a_password_is_never_sent_in_the_clear_over_a_network(
        self, start_server: StartServer
    ):
        server = start_server("smtp_server.py", security="none")

        refusal = await self.refusal(account(server, host="mail.example.jp", user="navi"))

        assert "JINJIBU_SMTP_SECURITY" in str(refusal)

    async def test_without_a_server_the_setting_is_named(self, start_server: StartServer):
        server = start_server("smtp_server.py", security="none")

        refusal = await self.refusal(account(server, host=""))

        assert "JINJIBU_SMTP_HOST" in str(refusal)
        assert refusal.permanent

    async def test_nothing_of_the_mail_reaches_the_log(
        self, start_server: StartServer, caplog: pytest.LogCaptureFixture
    ):
        server = start_server("smtp_server.py", security="none")

        with caplog.at_level(logging.DEBUG):
            await self.refusal(account(server), to("unknown"))

        assert "city.example.jp" not in caplog.text

"""Secrets of targets: sealed, changed while the service runs, kept while they are named."""

import pytest
from sqlalchemy import select, text

from desk.audit.models import AuditEntry
from desk.config import Settings
from desk.db import Database, new_id
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.notify.errors import (
    SecretInUseError,
    SecretMissingError,
    SecretNotFoundError,
    SecretRefusedError,
)
from desk.notify.ports import Ports, SettingsSecretBox
from desk.notify.secrets import VaultSecretBox
from desk.notify.targets import TargetDraft
from desk.notify.wiring import build_notifications
from desk.vault.keys import KeyFile
from desk.vault.rotation import RENEW_JOB, renew_step, retire, rotate
from desk.vault.service import settle
from tests.desk.notify.helpers import OLD_SECRET, SECRET
from tests.desk.vault.conftest import stored_bytes


@pytest.fixture
def box(database: Database) -> VaultSecretBox:
    """The box, beside a setting that holds one more secret."""
    return VaultSecretBox(database, SettingsSecretBox({"token": "from-settings"}))


async def audited(database: Database) -> list[tuple[str, str, dict[str, object]]]:
    async with database.read() as tx:
        query = select(AuditEntry).where(AuditEntry.subject.startswith("notification_secret:"))
        entries = (await tx.scalars(query.order_by(AuditEntry.seq))).all()
    return [(entry.action, entry.actor, entry.details) for entry in entries]


class TestKeep:
    async def test_the_secret_is_found_by_its_name(self, box: VaultSecretBox):
        await box.keep("hook", SECRET)

        assert await box.get_secret("hook") == SECRET

    async def test_a_new_one_takes_the_place_of_the_old_one(self, box: VaultSecretBox):
        await box.keep("hook", OLD_SECRET)
        await box.keep("hook", SECRET)

        assert await box.get_secret("hook") == SECRET
        assert [kept.name for kept in await box.list_kept()] == ["hook"]

    async def test_it_is_not_readable_on_the_disk(self, box: VaultSecretBox, settings: Settings):
        await box.keep("hook", SECRET)

        assert SECRET.encode() not in stored_bytes(settings)

    @pytest.mark.parametrize("name", ["", "a b", "名前", "x" * 65])
    async def test_a_bad_name_is_refused(self, box: VaultSecretBox, name: str):
        with pytest.raises(SecretRefusedError):
            await box.keep(name, SECRET)

    @pytest.mark.parametrize("secret", ["", "two words", "line\nbreak", "鍵", "x" * 501])
    async def test_a_bad_secret_is_refused(self, box: VaultSecretBox, secret: str):
        with pytest.raises(SecretRefusedError):
            await box.keep("hook", secret)

    async def test_the_audit_log_has_the_name_and_nothing_more(
        self, box: VaultSecretBox, database: Database
    ):
        admin = new_id()

        await box.keep("hook", SECRET, by=admin)
        await box.forget("hook")

        assert await audited(database) == [
            ("secret_kept", "staff", {"name": "hook"}),
            ("secret_forgotten", "operator", {"name": "hook"}),
        ]


class TestGet:
    async def test_the_settings_are_asked_for_what_is_not_kept(self, box: VaultSecretBox):
        assert await box.get_secret("token") == "from-settings"

    async def test_what_is_kept_goes_before_the_settings(self, box: VaultSecretBox):
        await box.keep("token", "kept")

        assert await box.get_secret("token") == "kept"

    async def test_a_missing_one_says_what_to_do(self, box: VaultSecretBox):
        with pytest.raises(SecretMissingError, match="jinjibu notify keep-secret other"):
            await box.get_secret("other")

    async def test_a_new_key_changes_nothing(
        self, box: VaultSecretBox, database: Database, settings: Settings
    ):
        async def step(job: Job) -> None:
            await renew_step(database, job)

        (old,) = (key.id for key in KeyFile(settings.key_path).read())
        await settle(database)
        await box.keep("hook", SECRET)

        await rotate(database)
        await Worker(database, {RENEW_JOB: step}).run_due()
        await retire(database, old)

        assert await box.get_secret("hook") == SECRET
        async with database.read() as tx:
            stored = await tx.execute(text("SELECT secret FROM notification_secret"))
        assert old not in stored.scalar_one()


class TestInUse:
    @pytest.fixture
    async def box(self, settings: Settings, database: Database, ports: Ports) -> VaultSecretBox:
        """A box with a secret that a webhook names."""
        built = build_notifications(settings, database, ports=ports)
        await built.secrets.keep("hook", SECRET)
        address = "https://hook.example.jp/in"
        draft = TargetDraft(
            hub_id="matsumoto", kind="webhook", address=address, secret_names=("hook",)
        )
        await built.targets.save(draft)
        return built.secrets

    async def test_it_is_not_forgotten(self, box: VaultSecretBox):
        with pytest.raises(SecretInUseError):
            await box.forget("hook")

        assert await box.get_secret("hook") == SECRET

    async def test_one_that_the_webhook_could_not_sign_with_is_refused(self, box: VaultSecretBox):
        with pytest.raises(SecretRefusedError, match="not base64"):
            await box.keep("hook", "a-token")

        await box.keep("hook", OLD_SECRET)

    async def test_what_is_not_there_cannot_be_forgotten(self, box: VaultSecretBox):
        with pytest.raises(SecretNotFoundError):
            await box.forget("other")

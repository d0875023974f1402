"""What the workers do: jobs that services have queued, and the runs of every night."""

from uuid import UUID

from fastapi import FastAPI

from desk.cases.counts import tidy_counts
from desk.cases.models import CaseKind
from desk.cases.service import ANNOUNCE_JOB, PROMISE_JOB, WAKE_JOB, CaseDraft, CaseService
from desk.chat.service import FORGET_JOB, ChatService
from desk.chat.turns import ANSWER_JOB
from desk.jobs.cron import Cron
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.live.waiting import UNANSWERED_JOB
from desk.notify.models import BUREAU
from desk.notify.outbox import DELIVER_JOB
from desk.pruning.service import PRUNE_JOB
from desk.reconcile.service import RECONCILE_JOB
from desk.reports.facts import BACKFILL_JOB
from desk.review.collector import COLLECT_JOB
from desk.vault.rotation import RENEW_JOB, renew_step

ATTENTION_PREFIX = "ATT"


def build_worker(app: FastAPI) -> Worker:
    """The worker of an application whose services stand, with what is done every night."""
    chat: ChatService = app.state.chat
    cases: CaseService = app.state.cases

    async def forget(job: Job) -> None:
        await chat.forget_in_engine(UUID(job.payload["conversation_id"]))

    async def announce(job: Job) -> None:
        await cases.announce(UUID(job.payload["case_id"]))

    async def check_promise(job: Job) -> None:
        await cases.check_promise(UUID(job.payload["case_id"]))

    async def wake(job: Job) -> None:
        await cases.wake(UUID(job.payload["case_id"]))

    async def renew_sealed(job: Job) -> None:
        await renew_step(app.state.database, job)
        app.state.worker.wake()

    async def reconcile(job: Job) -> None:
        await app.state.reconcile.run_nightly(job.payload["run"])

    async def prune(job: Job) -> None:
        await tidy_counts(app.state.database)
        await app.state.pruning.run()

    async def on_dead(job: Job) -> None:
        if job.kind == ANSWER_JOB:
            await _open_attention_case(app, job)
        await app.state.line.on_dead(job)

    handlers = {
        **app.state.line.handlers,
        ANSWER_JOB: chat.answer_later,
        FORGET_JOB: forget,
        ANNOUNCE_JOB: announce,
        PROMISE_JOB: check_promise,
        WAKE_JOB: wake,
        UNANSWERED_JOB: app.state.waiting.tell,
        RENEW_JOB: renew_sealed,
        DELIVER_JOB: app.state.notify.deliver,
        RECONCILE_JOB: reconcile,
        PRUNE_JOB: prune,
        COLLECT_JOB: app.state.review.collect_later,
        BACKFILL_JOB: app.state.case_facts.run,
    }
    at = app.state.settings.nightly_at
    crons = [
        Cron(name="nightly", kind=RECONCILE_JOB, at=at),
        Cron(name="prune", kind=PRUNE_JOB, at=at),
        Cron(name="review", kind=COLLECT_JOB, at=at),
        Cron(name="report_facts", kind=BACKFILL_JOB, at=at),
    ]
    return Worker(app.state.database, handlers, on_dead=on_dead, crons=crons)


async def _open_attention_case(app: FastAPI, job: Job) -> None:
    """The bot gave a message up: tell the owner and put it before the bureau.

    Unless a person has taken over: then the message is before them already.
    """
    message_id = UUID(job.payload["message_id"])
    conversation = await app.state.chat.give_up(message_id, version=job.payload.get("version"))
    if conversation is None:
        return
    draft = CaseDraft(
        conversation_id=conversation.id,
        # Negative numbers never meet those of consultations; one case per message.
        handoff_number=-(message_id.int % 2**31),
        turn_id=str(message_id),
        hub_id=BUREAU,
        prefix=ATTENTION_PREFIX,
        headline="",
        snapshot={},
        consent={},
        kind=CaseKind.ATTENTION,
    )
    await app.state.cases.open_case(draft)

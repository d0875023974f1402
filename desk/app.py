"""Builds the desk application from its settings."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from advisor.knowledge import KnowledgeBase, load_knowledge
from advisor.retrieval.library import Library
from desk.actions.endpoints import build_executor
from desk.actions.endpoints import router as actions_router
from desk.api_docs import router as docs_router
from desk.auth.endpoints import router as staff_router
from desk.auth.oidc.ports import IdentityProvider
from desk.auth.oidc.provider import HttpIdentityProvider
from desk.auth.oidc.service import OidcLogins
from desk.auth.service import AuthService
from desk.cases.endpoints import router as cases_router
from desk.cases.hub_endpoints import router as hubs_router
from desk.cases.hubs import parties_of
from desk.cases.notices import StaffNotices
from desk.cases.reception import ReceptionDesk
from desk.cases.service import CaseService
from desk.chat.endpoints import router as chat_router
from desk.chat.page import router as page_router
from desk.chat.plain import router as plain_router
from desk.chat.ports import DialogueEngine, RasaDialogueEngine
from desk.chat.rates import RateLimiter
from desk.chat.reception_endpoints import router as reception_router
from desk.chat.service import ChatService
from desk.chat.sites import load_sites
from desk.chat.stream import Fanout
from desk.chat.texts import chat_texts
from desk.chat.voice import ConversationVoice
from desk.chat.widget_files import router as widget_router
from desk.config import Settings
from desk.console.endpoints import router as console_router
from desk.console.static_files import RevalidatedFiles
from desk.db import Database
from desk.errors import install_error_handlers
from desk.headers import install_security_headers
from desk.health import router as health_router
from desk.line.wiring import wire_line
from desk.live.beside import BesideService
from desk.live.endpoints import router as live_router
from desk.live.handed_on import HandedOnTalks
from desk.live.ports import OpeningHours
from desk.live.service import LiveService
from desk.live.staff_side import LiveStaffSide
from desk.live.texts import LiveTexts
from desk.live.waiting import WaitingOwners
from desk.notify.ports import Ports
from desk.notify.wiring import build_notifications
from desk.observability import Metrics, install_request_log, set_up_logging
from desk.openapi import problems
from desk.pruning.service import Keep, PruneService
from desk.reconcile.service import ReconcileService
from desk.reports.wiring import build_reports
from desk.review.wiring import wire_review
from desk.signals.wiring import build_signals
from desk.vault.service import check_if_reachable, open_database
from desk.work import build_worker

DESK = Path(__file__).parent
JOBS_TOPIC = "jobs"
"""Signal that work has been queued."""


def create_app(
    settings: Settings | None = None,
    *,
    engine: DialogueEngine | None = None,
    knowledge: KnowledgeBase | None = None,
    identity_provider: IdentityProvider | None = None,
    ports: Ports | None = None,
    hours: OpeningHours | None = None,
) -> FastAPI:
    """The whole desk.

    Args:
        settings: From the environment if None.
        engine: The dialogue engine; Rasa as the settings say if None.
        knowledge: A loaded knowledge base; read from `settings.knowledge` if None.
        identity_provider: The organisation's login; as the settings say if None.
        ports: What takes notices to hubs; as the settings say if None.
        hours: When the hubs' staff are there; as the hubs' calendars say if None.
    """
    settings = settings or Settings()
    # Brings the scripts of /docs (desk.api_docs) along: no third-party request.
    app = FastAPIOffline(
        title="jinjibu",
        version="0.1.0",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        description="Public chat API; see docs/architecture.md for the life of a turn.",
    )
    kb = knowledge or load_knowledge(settings.knowledge)
    _wire(app, settings, engine, kb, identity_provider, hours)
    _wire_notifications(app, settings, ports)
    wire_line(app)
    app.state.worker = build_worker(app)
    install_error_handlers(app)
    install_request_log(app, app.state.metrics)
    install_security_headers(app, settings)
    for router in (
        chat_router,
        reception_router,
        live_router,
        staff_router,
        cases_router,
        hubs_router,
    ):
        app.include_router(router, responses=problems(503))
    for router in (
        page_router,
        plain_router,
        widget_router,
        docs_router,
        health_router,
        actions_router,
        console_router,
    ):
        app.include_router(router)
    app.mount("/static/console", RevalidatedFiles(directory=DESK / "console" / "static"))
    app.mount("/static/desk", StaticFiles(directory=DESK / "static"), name="desk_static")
    return app


def _wire(
    app: FastAPI,
    settings: Settings,
    engine: DialogueEngine | None,
    kb: KnowledgeBase,
    identity_provider: IdentityProvider | None,
    hours: OpeningHours | None,
) -> None:
    """Build the services and keep them where the endpoints find them."""
    state = app.state
    state.settings, state.knowledge, state.metrics = settings, kb, Metrics()
    state.library = Library(kb)
    state.stopping = asyncio.Event()
    state.database = open_database(settings)
    state.signals = build_signals(settings)
    state.fanout = Fanout(state.signals)
    state.action_executor = build_executor()
    state.engine = engine or RasaDialogueEngine(
        settings.rasa_url,
        settings.rasa_token,
        timeout_seconds=settings.rasa_timeout_seconds,
        model_fingerprint=settings.model_fingerprint,
    )
    state.new_conversation_limiter = RateLimiter(settings.conversations_per_minute, 60)
    state.message_limiter = RateLimiter(settings.messages_per_ten_seconds, 10)
    state.sites = load_sites(settings.sites_file, kb.hubs)
    wake_jobs = state.wake_jobs = _wake_jobs(app)
    texts = LiveTexts(wording=kb.wording)
    state.auth = AuthService(state.database, settings)
    state.oidc = _oidc(state.database, state.auth, settings, identity_provider)
    _wire_cases(app, texts, wake_jobs)
    state.chat = ChatService(
        state.database,
        state.engine,
        state.fanout,
        chat_texts(kb),
        conversation_days=settings.conversation_days,
        wake_jobs=wake_jobs,
        metadata=lambda: {"today": settings.today_jst().isoformat()},
        staff=_wire_live(app, texts, hours or state.cases.calendars, wake_jobs),
        sites=state.sites,
    )
    wire_review(app)


def _wire_cases(app: FastAPI, texts: LiveTexts, wake_jobs: Callable[[], None]) -> None:
    """Build the case desk, and what tells owners when its people are there."""
    state, kb = app.state, app.state.knowledge
    state.cases = CaseService(
        state.database,
        today=state.settings.today_jst,
        promise_business_days=state.settings.promise_business_days,
        wake_jobs=wake_jobs,
        hubs=parties_of(kb),
        voice=ConversationVoice(kb, state.fanout),
        ears=[
            HandedOnTalks(state.fanout, texts, wake_jobs=wake_jobs),
            StaffNotices(wake_jobs=wake_jobs),
        ],
    )
    state.case_facts, state.reports = build_reports(state.database, kb, state.sites)
    state.reception = ReceptionDesk(
        state.database,
        state.cases.calendars,
        kb.hubs.keys(),
        promise_business_days=state.settings.promise_business_days,
        today=state.settings.today_jst,
    )


def _wake_jobs(app: FastAPI) -> Callable[[], None]:
    """What wakes the workers, here and in the other processes."""
    state = app.state

    def wake_jobs() -> None:
        state.worker.wake()
        state.signals.send(JOBS_TOPIC)

    def hear(topic: str | None) -> None:
        if topic in (None, JOBS_TOPIC):
            state.worker.wake()

    state.signals.subscribe(hear)
    return wake_jobs


def _wire_notifications(app: FastAPI, settings: Settings, ports: Ports | None) -> None:
    """Build what tells hubs, and what compares what was told with what exists."""
    state = app.state
    built = build_notifications(
        settings,
        state.database,
        ports=ports,
        wake_jobs=state.wake_jobs,
        count=state.metrics.count_delivery,
    )
    state.notify, state.targets = built.notify, built.targets
    state.reconcile = ReconcileService(
        state.database,
        unanswered_minutes=settings.unanswered_minutes,
        wake_jobs=state.wake_jobs,
        show=state.metrics.findings.set,
    )
    keep = Keep(
        deliveries=settings.keep_deliveries_days,
        jobs=settings.keep_jobs_days,
        reports=settings.keep_reports_days,
        logins=settings.keep_logins_days,
        line=settings.keep_line_days,
        files=settings.keep_files_days,
    )
    state.pruning = PruneService(state.database, keep)


def _oidc(
    database: Database,
    auth: AuthService,
    settings: Settings,
    provider: IdentityProvider | None,
) -> OidcLogins | None:
    """The organisation's login, where one is set up."""
    if provider is None:
        if not settings.oidc_issuer:
            return None
        provider = HttpIdentityProvider(settings)
    return OidcLogins(database, provider, auth.logins, require_mfa=settings.oidc_require_mfa)


def _wire_live(
    app: FastAPI, texts: LiveTexts, hours: OpeningHours, wake_jobs: Callable[[], None]
) -> LiveStaffSide:
    """Build what lets people into the conversations.

    Returns:
        What the chat asks of them.
    """
    state = app.state
    state.waiting = WaitingOwners(
        state.database,
        state.fanout,
        texts,
        hours,
        reply_within=timedelta(minutes=state.settings.reply_within_minutes),
    )
    state.live = LiveService(
        state.database,
        state.fanout,
        texts,
        state.waiting,
        state.cases.notes,
        wake_jobs=wake_jobs,
    )
    state.beside = BesideService(state.database, state.fanout)
    return LiveStaffSide(texts, state.waiting, wake_jobs=wake_jobs)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    set_up_logging()
    try:
        await check_if_reachable(app.state.database)
        # Before the first message, so that no owner waits for it; Rasa needs longer to start.
        await asyncio.to_thread(app.state.library.open)
        await app.state.signals.start()
        app.state.worker.start()
        yield
    finally:
        app.state.stopping.set()
        await app.state.worker.stop()
        await app.state.signals.stop()
        await app.state.engine.close()
        await app.state.line.close()
        if app.state.oidc is not None:
            await app.state.oidc.provider.close()
        await app.state.database.close()

"""Logs and metrics. Logs hold ids, counts and durations; no text, no names."""

import logging
import sys
import time
from uuid import uuid4

import structlog
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()
UNLOGGED = frozenset({"/healthz", "/readyz", "/metrics"})


def set_up_logging(lowest: int = logging.INFO) -> None:
    """Log JSON lines to standard error; readable lines where a person watches.

    Args:
        lowest: Level from which events are logged.
    """
    is_terminal = sys.stderr.isatty()
    renderer = (
        structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        # Looked up at each event: a command may have run with another standard error.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


class Metrics:
    """Counters of one application, read at `/metrics`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter(
            "jinjibu_requests_total", "HTTP requests", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "jinjibu_request_seconds", "Time to answer", ("route",), registry=self.registry
        )

        self.deliveries = Counter(
            "jinjibu_deliveries_total",
            "Notices to hubs, by kind of target and outcome",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self.disk_free = Gauge(
            "jinjibu_disk_free_bytes",
            "Room on the disk of the data folder, when /readyz was last asked",
            registry=self.registry,
        )
        self.findings = Gauge(
            "jinjibu_reconciliation_findings",
            "What the latest nightly comparison of this process found",
            registry=self.registry,
        )

    def count_delivery(self, kind: str, outcome: str) -> None:
        """Count one attempt to tell a hub: sent, failed, dead or cancelled."""
        self.deliveries.labels(kind, outcome).inc()

    def render(self) -> Response:
        """The metrics in Prometheus's text format."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class RequestLog:
    """Gives each request of `app` an id, logs it once, counts it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; look at the beginning of the answer and at its end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begin = time.perf_counter()

        async def send_observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
                self._note(scope, message["status"], time.perf_counter() - begin)
            await send(message)

        await self._app(scope, receive, send_observed)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = str(getattr(scope.get("route"), "path", "other"))
        self._metrics.requests.labels(scope["method"], route, status).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        if route not in UNLOGGED:
            log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
                staff_id=scope.get("state", {}).get("staff_id"),
            )


def install_request_log(app: FastAPI, metrics: Metrics) -> None:
    """Have every request logged and counted."""
    app.add_middleware(RequestLog, metrics=metrics)

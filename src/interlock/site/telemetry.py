"""OpenTelemetry, if it is asked for: traces of requests and questions, metrics of the record.

`OTEL_EXPORTER_OTLP_ENDPOINT` turns it on; every other `OTEL_*` variable is read by the library
itself. It needs the extra `interlock[telemetry]`.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
END_SECONDS = 4
"""How long a process that ends waits for a collector, half of it for metrics at most.

The exporters wait ten seconds each for an answer, and for traces there is no way to ask for less; a
server that is told to stop has no time for a collector that hangs.
"""


def wanted() -> bool:
    """Whether somebody wants telemetry."""
    return bool(os.environ.get(ENDPOINT))


def set_up() -> Callable[[], None] | None:
    """Send traces and metrics of this process; call it before the application is made.

    Returns:
        What sends the rest and ends it, within `END_SECONDS`; the end of the process calls it, too.
        None: nobody asked.

    Raises:
        ImproperlyConfigured: it is asked for and the extra is not installed.
    """
    if not wanted():
        return None
    try:
        from opentelemetry import metrics, trace  # noqa: PLC0415 - an extra
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.instrumentation.django import DjangoInstrumentor  # noqa: PLC0415
        from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415
            PeriodicExportingMetricReader,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        msg = (
            f"{ENDPOINT} is set and {error.name} is not installed; "
            "install interlock[telemetry], or unset it"
        )
        raise ImproperlyConfigured(msg) from error
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "interlock")})
    traces = TracerProvider(resource=resource, shutdown_on_exit=False)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(traces)
    numbers = MeterProvider(
        resource=resource,
        metric_readers=[PeriodicExportingMetricReader(OTLPMetricExporter())],
        shutdown_on_exit=False,
    )
    metrics.set_meter_provider(numbers)
    DjangoInstrumentor().instrument()
    PsycopgInstrumentor().instrument()
    _watch(metrics.get_meter("interlock"), metrics.Observation)

    def send_rest() -> None:
        ends.wait()
        numbers.shutdown(timeout_millis=END_SECONDS * 500)
        traces.shutdown()

    def end() -> None:
        ends.set()
        sender.join(END_SECONDS)

    # A thread that stands ready: a process that ends starts none. It goes with the process.
    ends = threading.Event()
    sender = threading.Thread(target=send_rest, name="interlock-telemetry", daemon=True)
    sender.start()
    atexit.register(end)
    return end


def _watch(meter: Any, observation: Any) -> None:
    """Numbers of the record that somebody should be called for."""

    def gauge(count: Callable[[], int]) -> Callable[[Any], Iterable[Any]]:
        def look(_options: Any) -> Iterable[Any]:
            from django.db import DatabaseError, connection  # noqa: PLC0415 - after the set-up

            try:
                return [observation(count())]
            except DatabaseError:
                return []  # what cannot be asked is not told
            finally:
                connection.close()  # the exporter's thread keeps none

        return look

    def unsealed() -> int:
        from interlock.book.sealing import status  # noqa: PLC0415

        return status().unsealed

    def deliveries(state: str) -> Callable[[], int]:
        def count() -> int:
            from interlock.book.models import Delivery  # noqa: PLC0415

            return Delivery.objects.filter(state=state).count()

        return count

    for name, count, says in (
        ("interlock.audit.unsealed", unsealed, "changes that no signed head seals yet"),
        ("interlock.deliveries.waiting", deliveries("waiting"), "events on their way to webhooks"),
        ("interlock.deliveries.dead", deliveries("dead"), "events that no webhook took"),
    ):
        meter.create_observable_gauge(name, callbacks=[gauge(count)], description=says)

"""Lists of exports as pages show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.shown import Counts
from pleo_connector.web.export_words import export_headline, run_badge
from pleo_connector.web.words import Badge, Headline


@dataclass(frozen=True, slots=True)
class ExportRow:
    job: ExportJob
    counts: Counts
    headline: Headline
    badge: Badge
    lasted: timedelta | None


def jobs_of(connection: Connection) -> "QuerySet[ExportJob]":
    """Newest first, each with its run and this connection."""
    jobs: QuerySet[ExportJob] = (
        ExportJob.objects.filter(connection=connection)
        .select_related("run", "connection")
        .order_by("-created_at", "-pk")
    )
    return jobs


def export_rows(jobs: Iterable[ExportJob], counts: Mapping[int, Counts]) -> list[ExportRow]:
    return [
        ExportRow(
            job,
            counts[job.pk],
            export_headline(job, counts[job.pk]),
            run_badge(job.run),
            lasted(job),
        )
        for job in jobs
    ]


def lasted(job: ExportJob) -> timedelta | None:
    """None while it is not over."""
    return job.run.finished_at - job.run.started_at if job.run.finished_at else None

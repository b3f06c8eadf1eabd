from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from erp_adapters.errors import RemoteError
from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.paging import Pages
from pleo_connector.api.problems import Conflict, FarSideAway
from pleo_connector.api.shapes.exports import (
    AnswerShape,
    AttachedAgain,
    EntryQuery,
    EntryShape,
    EntryWithPostings,
    ExportedAgain,
    JobQuery,
    JobShape,
)
from pleo_connector.exports.again import CannotExport, export_again
from pleo_connector.exports.asked import CannotSay, say_booked, say_not_booked
from pleo_connector.exports.by_hand import CannotCorrect
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.queries import vouchers_of
from pleo_connector.exports.receipts_again import attach_again
from pleo_connector.exports.shown import counts_of
from pleo_connector.history.queries import decisions_of
from pleo_connector.tenants.models import ApiScope

JOBS = ("run", "connection__tenant")


class Jobs(ApiView):
    needs = {"GET": ApiScope.EXPORTS_READ}
    pagination_class = Pages

    @extend_schema(operation_id="list_jobs", parameters=[JobQuery], responses=JobShape(many=True))
    def get(self, request: Request) -> Response:
        """Export jobs, the newest first."""
        query = self.read_query(JobQuery)
        rows = ExportJob.objects.select_related(*JOBS)
        if "connection" in query:
            rows = rows.filter(connection=self.connection(query["connection"]))
        if "status" in query:
            rows = rows.filter(status=query["status"])
        page = self.paginate_queryset(rows)
        shown = JobShape(page, many=True, context={"counts": counts_of(page or [])})
        return self.get_paginated_response(shown.data)


class JobView(ApiView):
    """An address below one export job."""

    def job(self, public_id: UUID) -> ExportJob:
        rows = ExportJob.objects.select_related(*JOBS)
        return get_object_or_404(rows, public_id=public_id)


class OneJob(JobView):
    needs = {"GET": ApiScope.EXPORTS_READ}

    @extend_schema(operation_id="get_job", responses=JobShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One export job and how far it is."""
        job = self.job(public_id)
        return Response(JobShape(job, context={"counts": counts_of([job])}).data)


class Entries(JobView):
    needs = {"GET": ApiScope.EXPORTS_READ}
    pagination_class = Pages

    @extend_schema(
        operation_id="list_entries", parameters=[EntryQuery], responses=EntryShape(many=True)
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """Entries of one export job, the last one first."""
        query = self.read_query(EntryQuery)
        rows = ExportJobItem.objects.filter(job=self.job(public_id))
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return self.page(rows, EntryShape)


class ExportAgain(JobView):
    needs = {"POST": ApiScope.EXPORTS_WRITE}

    @extend_schema(operation_id="export_again", request=None, responses={202: ExportedAgain})
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Export again what could not be booked. 409 where nothing is left or one is running."""
        try:
            count = export_again(job=self.job(public_id), actor=self.caller.user)
        except CannotExport as error:
            raise Conflict(str(error)) from error
        except RemoteError as error:
            raise FarSideAway(error.message) from error
        return Response(ExportedAgain({"entries": count}).data, status=202)


class EntryView(ApiView):
    """An address of one entry in one export job."""

    def entry(self, public_id: UUID) -> ExportJobItem:
        rows = ExportJobItem.objects.select_related("job__run", "job__connection__tenant")
        return get_object_or_404(rows, public_id=public_id)

    def shown(self, item: ExportJobItem) -> Response:
        found = vouchers_of(item.job.connection, [item.accounting_entry_id])
        postings = found.get(item.accounting_entry_id, [])
        prefetch_related_objects(postings, "attachments")
        decisions = decisions_of(item.job.run, item.accounting_entry_id)
        context = {"postings": postings, "decisions": decisions}
        return Response(EntryWithPostings(item, context=context).data)


class OneEntry(EntryView):
    needs = {"GET": ApiScope.EXPORTS_READ}

    @extend_schema(operation_id="get_entry", responses=EntryWithPostings)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One entry: what was booked, why so, and what was decided on the way."""
        return self.shown(self.entry(public_id))


class Answer(EntryView):
    needs = {"POST": ApiScope.EXPORTS_WRITE}

    @extend_schema(operation_id="answer", request=AnswerShape, responses=EntryWithPostings)
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Say whether a voucher is booked, where the accounting system could not tell.

        409 where nobody is asked.
        """
        given = self.read_body(AnswerShape)
        item = self.entry(public_id)
        try:
            self.say(item, given)
        except CannotSay as error:
            raise Conflict(str(error)) from error
        return self.shown(item)

    def say(self, item: ExportJobItem, given: dict[str, Any]) -> None:
        posting = Posting.objects.filter(
            connection=item.job.connection,
            accounting_entry_id=item.accounting_entry_id,
            reference=given["reference"],
        ).first()
        if posting is None:
            raise CannotSay(_("Nobody is asked about this voucher."))
        actor, now = self.caller.user, timezone.now()
        if given["is_booked"]:
            say_booked(posting=posting, number=given["number"], actor=actor, now=now)
        else:
            say_not_booked(posting=posting, actor=actor, now=now)


class AttachAgain(EntryView):
    needs = {"POST": ApiScope.EXPORTS_WRITE}

    @extend_schema(operation_id="attach_again", request=None, responses={202: AttachedAgain})
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Try missing receipts of a booked entry again. Nothing is booked twice.

        409 where none is missing, or an export is running.
        """
        try:
            count = attach_again(item=self.entry(public_id), actor=self.caller.user)
        except CannotCorrect as error:
            raise Conflict(str(error)) from error
        except RemoteError as error:
            raise FarSideAway(error.message) from error
        return Response(AttachedAgain({"receipts": count}).data, status=202)

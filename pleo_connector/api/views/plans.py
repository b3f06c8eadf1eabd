from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.paging import Pages
from pleo_connector.api.problems import Conflict
from pleo_connector.api.shapes.plans import (
    ApproveShape,
    ArchivedShape,
    ArchiveShape,
    ItemQuery,
    ItemShape,
    KeepShape,
    KeptShape,
    PlanQuery,
    PlanShape,
    PlanWithCounts,
)
from pleo_connector.catalog import decisions
from pleo_connector.catalog.keeping import NotPossible, archive_after_all, keep_items
from pleo_connector.catalog.models import SyncPlan
from pleo_connector.catalog.queries import (
    counts_of,
    items_of,
)
from pleo_connector.tenants.models import ApiScope


class Plans(ApiView):
    needs = {"GET": ApiScope.SYNC_READ}
    pagination_class = Pages

    @extend_schema(
        operation_id="list_plans", parameters=[PlanQuery], responses=PlanShape(many=True)
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """Plans of a connection, the newest first."""
        query = self.read_query(PlanQuery)
        rows = SyncPlan.objects.filter(connection=self.connection(public_id), **query)
        return self.page(rows.select_related("run", "connection"), PlanShape)


class PlanView(ApiView):
    """An address below one plan, which has the id of its run."""

    def plan(self, public_id: UUID) -> SyncPlan:
        rows = SyncPlan.objects.select_related("run", "connection__tenant")
        return get_object_or_404(rows, run__public_id=public_id)


class OnePlan(PlanView):
    needs = {"GET": ApiScope.SYNC_READ}

    @extend_schema(operation_id="get_plan", responses=PlanWithCounts)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One plan and how many records of each kind it changes."""
        plan = self.plan(public_id)
        return Response(PlanWithCounts(plan, context={"counts": counts_of(plan)}).data)


class InOrder(Pages):
    ordering = "position"


class Items(PlanView):
    needs = {"GET": ApiScope.SYNC_READ}
    pagination_class = InOrder

    @extend_schema(
        operation_id="list_plan_items", parameters=[ItemQuery], responses=ItemShape(many=True)
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """Records of one plan, in the order in which they are changed."""
        query = self.read_query(ItemQuery)
        return self.page(items_of(self.plan(public_id), **query), ItemShape)


class OneItem(PlanView):
    needs = {"GET": ApiScope.SYNC_READ}

    @extend_schema(operation_id="get_plan_item", responses=ItemShape)
    def get(self, request: Request, public_id: UUID, number: int) -> Response:
        """One record of a plan, and what became of it."""
        item = get_object_or_404(self.plan(public_id).items, position=number)
        return Response(ItemShape(item).data)


class Approve(PlanView):
    needs = {"POST": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="approve_plan", request=ApproveShape, responses={202: KeptShape})
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Let a plan be made, without what is to be kept. 409 where it does not wait any more."""
        plan = self.plan(public_id)
        given = self.read_body(ApproveShape)
        numbers = plan.items.filter(position__in=given.get("keep", []))
        try:
            kept = decisions.approve_plan(
                plan=plan,
                actor=self.caller.user,
                now=timezone.now(),
                keep=list(numbers.values_list("pk", flat=True)),
                keep_all=given.get("keep_all", False),
                seen=given.get("planned_at"),
            )
        except NotPossible as error:
            raise Conflict(str(error)) from error
        return Response(KeptShape({"kept": kept}).data, status=202)


class Keep(PlanView):
    needs = {"POST": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="keep_items", request=KeepShape, responses=KeptShape)
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Keep records in Pleo that a plan would archive, by it or any later one.

        Items that the plan would not archive are passed over. 409 where it does not wait any more.
        """
        plan = self.plan(public_id)
        given = self.read_body(KeepShape)
        try:
            kept = keep_items(
                plan=plan,
                items=plan.items.filter(position__in=given["items"]),
                actor=self.caller.user,
                now=timezone.now(),
                seen=given.get("planned_at"),
            )
        except NotPossible as error:
            raise Conflict(str(error)) from error
        return Response(KeptShape({"kept": kept}).data)


class Archive(PlanView):
    needs = {"POST": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="archive_items", request=ArchiveShape, responses=ArchivedShape)
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Take a keep back: the plan archives these records after all, once it is approved.

        Items that are not kept are passed over. 409 where the plan does not wait any more.
        """
        plan = self.plan(public_id)
        given = self.read_body(ArchiveShape)
        try:
            archived = archive_after_all(
                plan=plan,
                items=plan.items.filter(position__in=given["items"]),
                actor=self.caller.user,
                seen=given.get("planned_at"),
            )
        except NotPossible as error:
            raise Conflict(str(error)) from error
        return Response(ArchivedShape({"archived": archived}).data)

from django.urls import path, re_path

from pleo_connector.api.views import (
    account_use,
    connections,
    dimensions,
    docs,
    exports,
    history,
    kept,
    mapping,
    nowhere,
    plans,
    problems,
    syncs,
    tax_kinds,
)
from pleo_connector.api.webhooks import pleo_webhook

V1 = "api/v1/"
ONE = V1 + "connections/<uuid:public_id>/"
JOB = V1 + "jobs/<uuid:public_id>/"
ENTRY = V1 + "entries/<uuid:public_id>/"
PROBLEM = V1 + "problems/<uuid:public_id>/"
RUN = V1 + "runs/<uuid:public_id>/"
PLAN = V1 + "plans/<uuid:public_id>/"

operations = [
    path(V1 + "connections/", connections.Connections.as_view(), name="api-connections"),
    path(ONE, connections.OneConnection.as_view(), name="api-connection"),
    path(ONE + "check-now/", connections.CheckNow.as_view(), name="api-check-now"),
    path(ONE + "preview/", connections.Preview.as_view(), name="api-preview"),
    path(ONE + "mapping/", mapping.TheMapping.as_view(), name="api-mapping"),
    path(ONE + "mapping/versions/", mapping.Versions.as_view(), name="api-mapping-versions"),
    path(
        ONE + "mapping/versions/<int:number>/",
        mapping.OneVersion.as_view(),
        name="api-mapping-version",
    ),
    path(ONE + "syncs/", syncs.Syncs.as_view(), name="api-syncs"),
    path(ONE + "syncs/<str:kind>/", syncs.OneSchedule.as_view(), name="api-schedule"),
    path(ONE + "sync-now/", syncs.SyncNow.as_view(), name="api-sync-now"),
    path(ONE + "dimensions/", dimensions.Dimensions.as_view(), name="api-dimensions"),
    path(
        ONE + "dimensions/read/",
        dimensions.ReadDimensions.as_view(),
        name="api-dimensions-read",
    ),
    path(ONE + "tax-kinds/", tax_kinds.TaxKinds.as_view(), name="api-tax-kinds"),
    path(ONE + "account-use/", account_use.AccountUse.as_view(), name="api-account-use"),
    path(
        ONE + "account-use/ask/",
        account_use.AskAccountUse.as_view(),
        name="api-account-use-ask",
    ),
    path(ONE + "kept/", kept.KeptRecords.as_view(), name="api-kept"),
    path(ONE + "kept/<int:number>/let-go/", kept.LetGo.as_view(), name="api-let-go"),
    path(ONE + "plans/", plans.Plans.as_view(), name="api-plans"),
    path(PLAN, plans.OnePlan.as_view(), name="api-plan"),
    path(PLAN + "items/", plans.Items.as_view(), name="api-plan-items"),
    path(PLAN + "items/<int:number>/", plans.OneItem.as_view(), name="api-plan-item"),
    path(PLAN + "approve/", plans.Approve.as_view(), name="api-plan-approve"),
    path(PLAN + "keep/", plans.Keep.as_view(), name="api-plan-keep"),
    path(PLAN + "archive/", plans.Archive.as_view(), name="api-plan-archive"),
    path(V1 + "jobs/", exports.Jobs.as_view(), name="api-jobs"),
    path(JOB, exports.OneJob.as_view(), name="api-job"),
    path(JOB + "entries/", exports.Entries.as_view(), name="api-entries"),
    path(JOB + "export-again/", exports.ExportAgain.as_view(), name="api-export-again"),
    path(ENTRY, exports.OneEntry.as_view(), name="api-entry"),
    path(ENTRY + "answer/", exports.Answer.as_view(), name="api-answer"),
    path(ENTRY + "attach-again/", exports.AttachAgain.as_view(), name="api-attach-again"),
    path(V1 + "problems/", problems.Problems.as_view(), name="api-problems"),
    path(PROBLEM, problems.OneProblem.as_view(), name="api-problem"),
    path(PROBLEM + "mute/", problems.Mute.as_view(), name="api-problem-mute"),
    path(V1 + "runs/", history.Runs.as_view(), name="api-runs"),
    path(RUN, history.OneRun.as_view(), name="api-run"),
    path(RUN + "calls/", history.Calls.as_view(), name="api-calls"),
]
urlpatterns = [
    path("webhooks/pleo/<uuid:path_key>/", pleo_webhook, name="pleo-webhook"),
    *operations,
    path(V1 + "schema/", docs.Schema.as_view(), name="api-schema"),
    path(V1 + "docs/", docs.Docs.as_view(), name="api-docs"),
    # With line ends too, which `<path:rest>` leaves to the pages.
    re_path(r"^api/(?P<rest>(?s:.*))\Z", nowhere.Nowhere.as_view(), name="api-nowhere"),
]

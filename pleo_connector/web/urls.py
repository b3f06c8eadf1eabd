from django.urls import path

from pleo_connector.web.views import (
    asked,
    connection,
    erp,
    exports,
    history,
    home,
    invitations,
    mapping,
    members,
    person,
    pleo,
    preview,
    settings_history,
)

ONE = "connections/<uuid:public_id>/"
MEMBER = "members/<uuid:public_id>/"
INVITED = "members/invitations/<uuid:public_id>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("company/new/", home.tenant_new, name="tenant-new"),
    path("settings/", person.settings_page, name="settings"),
    path("members/", members.members, name="members"),
    path("members/leave/", members.leave, name="leave"),
    path(MEMBER, members.member, name="member"),
    path(MEMBER + "remove/", members.remove, name="member-remove"),
    path(MEMBER + "hand-over/", members.hand_over_page, name="hand-over"),
    path(INVITED + "again/", invitations.again, name="invitation-again"),
    path(INVITED + "revoke/", invitations.revoke, name="invitation-revoke"),
    path("invitation/<str:secret>/", invitations.invitation, name="invitation"),
    path("history/", history.history, name="history"),
    path("history/file.csv", history.history_csv, name="history-csv"),
    path("runs/<uuid:public_id>/", history.run_page, name="run"),
    path("pleo/callback/", pleo.callback, name="pleo-callback"),
    path("connections/new/", connection.new, name="connection-new"),
    path(ONE, connection.overview, name="connection"),
    path(ONE + "setup/", connection.setup, name="setup"),
    path(ONE + "go-live/", connection.go_live, name="go-live"),
    path(ONE + "check-now/", connection.check_now, name="check-now"),
    path(ONE + "pause/", connection.pause, name="pause"),
    path(ONE + "resume/", connection.resume, name="resume"),
    path(ONE + "pleo/connect/", pleo.connect, name="pleo-connect"),
    path(ONE + "erp/", erp.choose, name="erp-choose"),
    path(ONE + "erp/<str:kind>/", erp.connect, name="erp-connect"),
    path(ONE + "accounts/", mapping.accounts, name="accounts"),
    path(ONE + "dimensions/", mapping.dimensions, name="dimensions"),
    path(ONE + "posting/", mapping.posting, name="posting"),
    path(ONE + "exports/", exports.exports, name="exports"),
    path("exports/<uuid:public_id>/", exports.export, name="export"),
    path(ONE + "changes/", settings_history.changes_page, name="changes"),
    path(ONE + "preview/", preview.preview_page, name="preview"),
    path("exports/<uuid:public_id>/again/", exports.again, name="export-again"),
    path("exports/<uuid:public_id>/progress/", exports.progress, name="export-progress"),
    path("exports/<uuid:public_id>/entries/<uuid:entry_public_id>/", exports.entry, name="entry"),
    path(
        "exports/<uuid:public_id>/entries/<uuid:entry_public_id>/answer/",
        asked.answer,
        name="entry-answer",
    ),
]

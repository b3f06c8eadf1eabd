from django.urls import path

from pleo_connector.ops.views import acts, connections, dashboard, health, runs

urlpatterns = [
    path("health/", health.ready, name="health"),
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    path("ops/", dashboard.dashboard, name="ops"),
    path("ops/runs/", runs.runs, name="ops-runs"),
    path("ops/runs/file.csv", runs.runs_csv, name="ops-runs-csv"),
    path("ops/runs/<uuid:public_id>/", runs.run, name="ops-run"),
    path("ops/connections/", connections.connections, name="ops-connections"),
    path("ops/connections/file.csv", connections.connections_csv, name="ops-connections-csv"),
    path("ops/connections/<uuid:public_id>/", connections.connection, name="ops-connection"),
    path("ops/connections/<uuid:public_id>/<str:deed>/", acts.act, name="ops-act"),
]

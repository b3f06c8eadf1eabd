"""A simulated customer who has one of everything the operations ask for."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Simulator as Process
from tests.simulator.support import (
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_URI,
    VERIFIER,
    Simulator,
    encoded,
)

EVENTS = ["v1.export-job.created", "v1.vendor.created"]


class Customer:
    """A connected company, its running job and its subscription; `renew` after one is used up."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.url = simulator.url
        self.company = simulator.companies()[0]
        self.key = simulator.api_key(self.company, clientId=CLIENT_ID).headers
        self.entries = [row["accountingEntryId"] for row in simulator.entries(self.company)][:40]
        self.job_id = ""
        self.job_entries: list[str] = []
        self.subscription_id = ""
        self.pair: dict[str, Any] = {}
        self.vendor_id = ""
        self.master_data: dict[str, str] = {}
        self.renew()
        self.renew_master_data()

    def renew(self) -> None:
        self.pair = self.simulator.grant(self.company)
        pleo = self.simulator.bearer(self.pair["access_token"])
        job = self.simulator.small_job(self.company)
        self.job_id = job["id"]
        items = pleo.get(f"/v3/export-jobs/{self.job_id}/items")["data"]
        self.job_entries = [item["accountingEntryId"] for item in items]
        pleo.event(self.job_id, "started")
        body = {"endpointUrl": "https://connector.example/hook", "eventTypes": EVENTS}
        self.subscription_id = pleo.call("POST", "/v1/subscriptions", json=body).json()["data"][
            "id"
        ]

    def renew_master_data(self) -> None:
        """One record of each kind, which no entry uses; by the names the paths give them."""
        wish = {
            "tagGroups": [{"code": "C", "name": "Contract", "tags": [{"code": "c", "name": "c"}]}],
            "accounts": [{"externalId": "contract", "name": "Contract"}],
            "taxCodes": [{"code": "C", "name": "Contract"}],
            "vendors": [{"externalId": "contract", "name": "Contract", "defaultCurrency": "EUR"}],
        }
        path = f"/sim/companies/{self.company.id}/master-data"
        known = self.simulator.admin("PUT", path, wish)
        self.vendor_id = known["vendors"][0]["id"]
        self.master_data = {
            "groupId": known["tagGroups"][0]["id"],
            "tagId": known["tagGroups"][0]["tags"][0]["id"],
            "accountId": known["accounts"][0]["id"],
            "taxCodeId": known["taxCodes"][0]["id"],
            "employeeId": known["employees"][0]["id"],
        }

    def code(self) -> str:
        return self.simulator.consent(self.company)["code"]

    def headers(self, path: str, credential: str) -> dict[str, str]:
        """The credential for the operation; the one for the token endpoint may be in the form."""
        if path == "/oauth/authorize" or (path == "/oauth/token" and credential == "API key"):
            return {}
        if path.startswith("/oauth/"):
            return {"Authorization": f"Basic {encoded(f'{CLIENT_ID}:{CLIENT_SECRET}')}"}
        if credential == "API key":
            return self.key
        return {"Authorization": f"Bearer {self.pair['access_token']}"}

    def form(self, body: dict[str, Any], credential: str) -> dict[str, Any]:
        """The token request with this customer's own values."""
        own = {
            "code": self.code() if "code" in body else "",
            "code_verifier": VERIFIER,
            "redirect_uri": REDIRECT_URI,
            "refresh_token": self.pair["refresh_token"],
        }
        form = {"grant_type": body["grant_type"], **{k: own[k] for k in own if k in body}}
        if credential == "API key":
            form |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return form


@pytest.fixture(scope="module")
def customer(simulator_process: Process) -> Iterator[Customer]:
    with Simulator(simulator_process.url) as simulator:
        simulator.admin("POST", "/sim/reset", {"seed": "demo"})
        simulator.register_client()
        simulator.switch(
            webhooks_enabled=False,  # generated endpoint addresses are somebody's
            rate_limit_per_minute=0,
            several_unfinished_jobs=True,
            second_started_accepted=True,
            overwrite_final_item_status=True,
            account_search_strict=True,
            exclusive_tax_codes="accept",
        )
        yield Customer(simulator)
        simulator.admin("POST", "/sim/reset", {"seed": "demo"})

"""The ledger side: one interface for every ERP. Knows neither Django nor Pleo."""

from importlib import import_module

from erp_adapters.base import ErpAdapter

# kind -> where its class lives. A new ERP is one folder and one line here.
ADAPTERS: dict[str, str] = {
    "fake": "erp_adapters.fake.adapter:FakeAdapter",
    "tryton": "erp_adapters.tryton.adapter:TrytonAdapter",
    "odoo": "erp_adapters.odoo.adapter:OdooAdapter",
}


def get(kind: str) -> type[ErpAdapter]:
    """The adapter class of `kind`; KeyError for a kind that is not registered."""
    module, _, name = ADAPTERS[kind].partition(":")
    adapter: type[ErpAdapter] = getattr(import_module(module), name)
    return adapter

"""Results that support has told to Pleo once more. The same result twice is one result there."""

from collections.abc import Callable
from datetime import datetime

from erp_adapters.batches import chunks
from erp_adapters.errors import Rejected, RemoteError
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import actions, job_state, queries
from pleo_connector.exports.engine import result_of
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.history.recorder import Recorder
from pleo_connector.pleo.client import ITEMS_PER_UPDATE, PleoClient

FINAL = (ExportJobItem.Status.SUCCESSFUL, ExportJobItem.Status.FAILED)


def tell_again(
    lease: Lease, pleo: PleoClient, recorder: Recorder, *, now: Callable[[], datetime]
) -> None:
    """Of all jobs of which somebody asked for it. What keeps Pleo from answering is tried again
    with the next look; what Pleo refuses is written down."""
    asked = ExportJob.objects.filter(connection=lease.connection, tell_again_at__isnull=False)
    for job in asked.select_related("run", "run__connection").order_by("tell_again_at"):
        recorder.attempt = attempt = job_state.begin_telling(lease, job, now=now())
        try:
            outcome = _told(lease, pleo, job, now=now)
        except Rejected as error:
            outcome = f"Pleo did not take the results once more: {error.message}"
        except RemoteError as error:
            job_state.end_attempt(attempt, str(error), now=now())
            raise
        finally:
            recorder.attempt = None
        job_state.end_telling(lease, job, attempt, outcome, now=now())


def _told(lease: Lease, pleo: PleoClient, job: ExportJob, *, now: Callable[[], datetime]) -> str:
    items = list(job.items.filter(status__in=FINAL))
    postings = queries.postings_of(lease.connection, [item.accounting_entry_id for item in items])
    refused = 0
    for batch in chunks(items, ITEMS_PER_UPDATE):
        results = [result_of(item, postings, now()) for item in batch]
        said = pleo.update_items(job.pleo_job_id, results)
        actions.note_reported(lease, job, batch, said, now=now())
        refused += len(said)
    told = f"The results of {len(items) - refused} entries were told to Pleo once more."
    return told + (f" Pleo did not take {refused} of them." if refused else "")

"""Ways in which a run ends or pauses before its last step."""

from dataclasses import dataclass

from pleo_connector.pleo.client import Job


class Stop(Exception):
    """The job cannot be run on. `fix` marks the page that mends it, as in `translation`.

    `origin` (of history's `Run.Origin`) where the type does not say whose fault it is.
    `remote` is set where Pleo has ended it already.
    """

    def __init__(
        self,
        job_type: str,
        sentence: str,
        *,
        fix: str = "",
        remote: Job | None = None,
        origin: str = "",
    ) -> None:
        super().__init__(sentence)
        self.fix = fix
        self.origin = origin
        self.job_type = job_type
        self.sentence = sentence
        self.remote = remote

    @classmethod
    def finished_at_pleo(cls, remote: Job) -> "Stop":
        sentence = {
            "job_expired": "Pleo ended this export because an hour passed without a result.",
            "canceled_by_user": "This export was cancelled in Pleo.",
        }.get(
            remote.failure_type,
            "" if remote.status.startswith("completed") else "Pleo has ended this export.",
        )
        if sentence:
            sentence += (
                " What is booked stays booked. Export the entries again in Pleo: booked ones are "
                "reported and not booked twice."
            )
        return cls(remote.failure_type, sentence, fix="pleo", remote=remote)


@dataclass
class Wait(Exception):
    """Nothing is wrong; go on after `seconds`."""

    seconds: float
    who: str
    sentence: str
    is_limit: bool = False  # a rate limit asks for it

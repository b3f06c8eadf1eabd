"""A page between a person and something with consequences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@dataclass(frozen=True, slots=True)
class Question:
    title: str
    consequences: Sequence[str]  # what happens, what does not, whether it can be undone
    action: str  # names the consequence; empty where it cannot be done
    keep: str
    back: str
    is_grave: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)  # posted with the yes


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    """The yes is posted to the address of the question."""
    return render(request, "web/question.html", {"question": question})

"""Tag groups and tags: Pleo's copies of the ERP's dimensions and their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from erp_adapters.errors import OutcomeUnknown, Unavailable
from pleo_connector.pleo.door import PleoDoor, understood

TAGS_PER_CALL = 100  # ids in one archive call


@dataclass(frozen=True, slots=True, kw_only=True)
class TagGroup:
    id: str
    code: str
    name: str
    archived: bool
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: str = ""  # as Pleo wrote it; sorts by time


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    id: str
    code: str
    name: str
    archived: bool
    created_at: str = ""


class TagCalls(PleoDoor):
    def tag_groups(self, company_id: UUID) -> list[TagGroup]:
        """Active and archived ones. Pleo does not page this list."""
        params = {"company_id": str(company_id), "include_archived": "true"}
        with understood(Unavailable):
            return [_group(row) for row in self._get("/v0/tag-groups", **params)["data"]]

    def create_tag_group(self, company_id: UUID, *, code: str, name: str) -> TagGroup:
        body = {"code": code, "name": name, "archived": False, "metadata": {}}
        reply = self._call(
            "POST", "/v0/tag-groups", params={"company_id": str(company_id)}, json=body
        )
        with understood(OutcomeUnknown):
            return _group(self._door.json(reply, is_write=True)["data"])

    def update_tag_group(
        self,
        group_id: str,
        *,
        code: str,
        name: str,
        archived: bool,
        metadata: Mapping[str, str],
    ) -> TagGroup:
        """`metadata` replaces what stands there, so send back what was read."""
        path, template = f"/v0/tag-groups/{quote(group_id, safe='')}", "/v0/tag-groups/{groupId}"
        body = {"code": code, "name": name, "archived": archived, "metadata": dict(metadata)}
        row = self._written("PUT", path, template, body)
        with understood(OutcomeUnknown):
            return _group(row)

    def tags(self, group_id: str) -> list[Tag]:
        """Active and archived ones of a group."""
        path = f"/v0/tag-groups/{quote(group_id, safe='')}/tags"
        template = "/v0/tag-groups/{groupId}/tags"
        with understood(Unavailable):
            return [_tag(row) for row in self._pages(path, {"include_archived": "true"}, template)]

    def create_tag(self, group_id: str, *, code: str, name: str) -> Tag:
        """Rejected with status 400 where the group is full, 409 where the code is taken."""
        path = f"/v0/tag-groups/{quote(group_id, safe='')}/tags"
        template = "/v0/tag-groups/{groupId}/tags"
        body = {"code": code, "name": name, "archived": False}
        row = self._written("POST", path, template, body)
        with understood(OutcomeUnknown):
            return _tag(row)

    def update_tag(self, tag_id: str, *, code: str, name: str, archived: bool) -> Tag:
        path, template = f"/v0/tags/{quote(tag_id, safe='')}", "/v0/tags/{tagId}"
        body = {"code": code, "name": name, "archived": archived}
        row = self._written("PUT", path, template, body)
        with understood(OutcomeUnknown):
            return _tag(row)

    def archive_tags(
        self, company_id: UUID, tag_ids: Sequence[str], *, archived: bool = True
    ) -> set[str]:
        """At most 100 at once; the ids of those that are so now."""
        body = {"companyId": str(company_id), "archived": archived, "tagIds": list(tag_ids)}
        reply = self._call("POST", "/v0/tags/archive", json=body)
        with understood(OutcomeUnknown):
            tags = [_tag(row) for row in self._door.json(reply, is_write=True)["data"]]
        return {tag.id for tag in tags if tag.archived == archived}


def _group(row: dict[str, Any]) -> TagGroup:
    return TagGroup(
        id=str(row["id"]),
        code=row["code"],
        name=row.get("name") or "",
        archived=bool(row["archived"]),
        metadata=row.get("metadata") or {},
        created_at=str(row.get("createdAt") or ""),
    )


def _tag(row: dict[str, Any]) -> Tag:
    return Tag(
        id=str(row["id"]),
        code=row["code"],
        name=row.get("name") or "",
        archived=bool(row["archived"]),
        created_at=str(row.get("createdAt") or ""),
    )

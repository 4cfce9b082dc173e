"""Every route against every scope, as the OpenAPI document lists them."""

import re

import pytest
from tests.support.web import serving

from wattgate.adapters.web.app import ROUTES, openapi_document
from wattgate.adapters.web.guard import OPEN
from wattgate.adapters.web.scopes import SCOPES, needed
from wattgate.core.security.scopes import Scope

OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in openapi_document()["paths"].items()
    for method, operation in methods.items()
}


def test_every_route_has_its_scope_in_the_table_and_the_table_no_others() -> None:
    assert {route.operation_id for route in ROUTES} == set(SCOPES)


def test_what_is_not_in_the_table_needs_everything() -> None:
    assert needed("made_up") is Scope.ADMIN


def test_what_needs_no_login_is_open_before_any_route_and_nothing_else_is() -> None:
    free = {place for place, about in OPERATIONS.items() if needed(about["operationId"]) is None}
    assert free == {place for place in OPEN if place[0] != "HEAD"}


def test_the_document_tells_what_each_needs() -> None:
    for place, about in OPERATIONS.items():
        scope = needed(about["operationId"])
        told = [{"password": []}, {"token": [scope]}, {"session": []}] if scope else [{}]
        assert about["security"] == told, place


def test_what_only_looks_changes_nothing_and_what_changes_does_more_than_look() -> None:
    """Logging out is everybody's right."""
    for (method, path), about in OPERATIONS.items():
        if needed(about["operationId"]) is Scope.READ and path != "/api/v1/session":
            assert method == "GET", path
        if method != "GET" and path != "/api/v1/session":
            assert needed(about["operationId"]) is not Scope.READ, path


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.asyncio
async def test_a_token_opens_its_scope_and_nothing_beyond(scope: Scope) -> None:
    async with serving() as api:
        made = await api.client.post("/api/v1/tokens", json={"name": "n", "scope": scope})
        bearer = {"authorization": f"Bearer {made.json()['token']}"}
        for (method, path), about in OPERATIONS.items():
            least = needed(about["operationId"])
            if least is None or (scope is Scope.ADMIN and method != "GET"):
                continue  # open to all; or nobody here refuses it, and it would be done
            asked = re.sub(r"\{.*?\}", "0", path)
            answer = await api.client.request(method, asked, headers=bearer, auth=None)
            if scope.covers(least):
                assert answer.status_code != 403, (method, path)
                continue
            assert answer.status_code == 403, (method, path)
            said = f"This token has the scope `{scope}`; this needs `{least}`."
            assert answer.json()["detail"] == said


@pytest.mark.asyncio
async def test_whoever_may_look_may_read_the_document_and_ask_for_options() -> None:
    async with serving() as api:
        made = await api.client.post("/api/v1/tokens", json={"name": "n", "scope": "read"})
        bearer = {"authorization": f"Bearer {made.json()['token']}"}
        document = await api.client.get("/api/v1/openapi.json", headers=bearer, auth=None)
        assert document.status_code == 200
        options = await api.client.request("OPTIONS", "/api/v1/site", headers=bearer, auth=None)
        assert options.status_code == 204
        site = await api.client.get("/api/v1/site", headers=bearer, auth=None)
        assert site.status_code == 403, "so it is this token that was asked about"

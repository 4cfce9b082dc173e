import json
from typing import Any

import pytest
from tests.support.web import serving

from wattgate.adapters.web.app import openapi_document

CONTRACTS = {
    ("/api/v1/site", "get"),
    ("/api/v1/site", "patch"),
    ("/api/v1/evses", "get"),
    ("/api/v1/evses/{evse_id}", "get"),
    ("/api/v1/evses/{evse_id}/gateways", "get"),
    ("/api/v1/evses/{evse_id}/gateways", "put"),
    ("/api/v1/evses/{evse_id}/gateways", "post"),
    ("/api/v1/evses/{evse_id}/gateways/{number}", "patch"),
    ("/api/v1/evses/{evse_id}/gateways/{number}", "delete"),
    ("/api/v1/evses/{evse_id}/clear-profiles", "post"),
    ("/api/v1/wallboxes/{station_id}/key", "get"),
    ("/api/v1/wallboxes/{station_id}/key", "post"),
    ("/api/v1/wallboxes/{station_id}/key", "delete"),
    ("/api/v1/evses/{evse_id}/adopt", "post"),
    ("/api/v1/evses/{evse_id}/release", "post"),
    ("/api/v1/evses/{evse_id}/activate", "post"),
    ("/api/v1/evses/{evse_id}/deactivate", "post"),
    ("/api/v1/evses/{evse_id}/wake", "post"),
    ("/api/v1/evses/{evse_id}/phases", "post"),
    ("/api/v1/evses/{evse_id}/prove", "post"),
    ("/api/v1/evses/{evse_id}/prove", "get"),
    ("/api/v1/evses/{evse_id}/prove", "delete"),
    ("/api/v1/evses/{evse_id}/schedule", "get"),
    ("/api/v1/evses/{evse_id}/traffic", "get"),
    ("/api/v1/evses/{evse_id}/traffic/download", "get"),
    ("/api/v1/meter", "put"),
    ("/api/v1/meter", "get"),
    ("/api/v1/transactions", "get"),
    ("/api/v1/transactions/{transaction_id}/evidence", "get"),
    ("/api/v1/refused", "get"),
    ("/api/v1/dead-letters", "get"),
    ("/api/v1/dead-letters/resend", "post"),
    ("/api/v1/dead-letters/{number}/resend", "post"),
    ("/api/v1/setup", "post"),
    ("/api/v1/password", "put"),
    ("/api/v1/session", "post"),
    ("/api/v1/session", "get"),
    ("/api/v1/session", "delete"),
    ("/api/v1/tokens", "get"),
    ("/api/v1/tokens", "post"),
    ("/api/v1/tokens/{token_id}", "delete"),
    ("/api/v1/certificates", "get"),
    ("/api/v1/certificates/{set_name}", "get"),
    ("/api/v1/certificates/{set_name}/{certificate_id}", "get"),
    ("/api/v1/certificates/{set_name}/{certificate_id}", "delete"),
    ("/api/v1/certificates/{set_name}/own", "post"),
    ("/api/v1/certificates/{set_name}/authorities", "post"),
    ("/api/v1/authority", "get"),
    ("/api/v1/authority", "post"),
    ("/api/v1/authority/pem", "get"),
    ("/api/v1/authority/der", "get"),
    ("/api/v1/authority/server", "post"),
    ("/api/v1/authority/client", "post"),
    ("/api/v1/authority/requests", "post"),
    ("/api/v1/authority/issued", "get"),
    ("/api/v1/authority/issued/{certificate_id}/revoke", "post"),
    ("/api/v1/wallboxes/{station_id}/certificates", "get"),
    ("/api/v1/wallboxes/{station_id}/certificates/trust", "post"),
    ("/api/v1/wallboxes/{station_id}/certificates/distrust", "post"),
    ("/api/v1/wallboxes/{station_id}/certificates/renew", "post"),
    ("/api/v1/warnings", "get"),
    ("/healthz", "get"),
    ("/api/v1/file-transfers", "get"),
    ("/metrics", "get"),
}


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, method): operation
        for path, operations in openapi_document()["paths"].items()
        for method, operation in operations.items()
    }


def test_the_document_tells_every_contract_and_no_other() -> None:
    assert set(operations()) == CONTRACTS


def test_every_operation_says_what_it_does() -> None:
    for place, operation in operations().items():
        assert operation["description"], place
        assert operation["summary"], place
        assert operation["tags"], place


def test_every_problem_is_told_as_problem_details() -> None:
    for place, operation in operations().items():
        for status, response in operation["responses"].items():
            if status.startswith("4"):
                assert list(response["content"]) == ["application/problem+json"], place


def test_only_the_health_and_what_proves_who_asks_need_no_login() -> None:
    document = openapi_document()
    assert document["security"] == [{"password": []}, {"token": []}, {"session": []}]
    assert set(document["components"]["securitySchemes"]) == {"password", "token", "session"}
    free = {place for place, operation in operations().items() if operation.get("security") == [{}]}
    assert free == {("/healthz", "get"), ("/api/v1/setup", "post"), ("/api/v1/session", "post")}


@pytest.mark.asyncio
async def test_the_document_that_is_served_is_this_one() -> None:
    async with serving() as api:
        assert await api.get("/api/v1/openapi.json") == json.loads(json.dumps(openapi_document()))

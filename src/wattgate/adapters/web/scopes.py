"""Which scope each route needs: one table, by the name of the operation."""

from collections.abc import Iterable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from wattgate.adapters.web.access import Login
from wattgate.core.security.scopes import Scope

SCOPES: Final[dict[str, Scope | None]] = {
    "activate_evse": Scope.OPERATE,
    "add_gateway": Scope.ADMIN,
    "adopt_evse": Scope.OPERATE,
    "begin_proof": Scope.OPERATE,
    "cancel_proof": Scope.OPERATE,
    "change_gateway": Scope.ADMIN,
    "change_password": Scope.ADMIN,
    "change_site": Scope.ADMIN,
    "clear_profiles": Scope.OPERATE,
    "create_authority": Scope.ADMIN,
    "create_token": Scope.ADMIN,
    "deactivate_evse": Scope.OPERATE,
    "distrust": Scope.ADMIN,
    "download_authority_der": Scope.ADMIN,
    "download_authority_pem": Scope.ADMIN,
    "download_certificate": Scope.ADMIN,
    "download_traffic": Scope.READ,
    "forget_key": Scope.ADMIN,
    "health": None,
    "import_authorities": Scope.ADMIN,
    "import_own_certificate": Scope.ADMIN,
    "issue_client_certificate": Scope.ADMIN,
    "issue_server_certificate": Scope.ADMIN,
    "list_certificates": Scope.ADMIN,
    "list_dead_letters": Scope.READ,
    "list_evses": Scope.READ,
    "list_file_transfers": Scope.READ,
    "list_gateways": Scope.ADMIN,  # a backend's URL may hold a key
    "list_issued": Scope.ADMIN,
    "list_refused": Scope.READ,
    "list_tokens": Scope.ADMIN,
    "list_transactions": Scope.READ,
    "list_trusted": Scope.ADMIN,
    "list_warnings": Scope.READ,
    "log_in": None,
    "log_out": Scope.READ,
    "make_key": Scope.ADMIN,
    "metrics": Scope.READ,
    "put_meter_reading": Scope.OPERATE,
    "read_authority": Scope.ADMIN,
    "read_certificates": Scope.ADMIN,
    "read_evidence": Scope.READ,
    "read_evse": Scope.READ,
    "read_key": Scope.READ,
    "read_meter": Scope.READ,
    "read_proof": Scope.READ,
    "read_schedule": Scope.READ,
    "read_session": Scope.READ,
    "read_site": Scope.ADMIN,  # a backend's URL may hold a key
    "read_traffic": Scope.READ,
    "release_evse": Scope.OPERATE,
    "remove_certificate": Scope.ADMIN,
    "remove_gateway": Scope.ADMIN,
    "renew_certificate": Scope.ADMIN,
    "replace_gateways": Scope.ADMIN,
    "resend_dead_letter": Scope.OPERATE,
    "resend_dead_letters": Scope.OPERATE,
    "revoke_certificate": Scope.ADMIN,
    "revoke_token": Scope.ADMIN,
    "select_phases": Scope.OPERATE,
    "set_up": None,
    "sign_request": Scope.ADMIN,
    "trust_us": Scope.ADMIN,
    "wake_car": Scope.OPERATE,
}
"""None where no login is needed (guard.OPEN). What is not here needs everything there is."""


def needed(operation: str) -> Scope | None:
    """Look up what an operation needs; None where it is open to everybody."""
    return SCOPES.get(operation, Scope.ADMIN)


def declare(routes: Iterable[HTTPRouteHandler]) -> None:
    """Have the OpenAPI document tell what the guard insists on."""
    for route in routes:
        scope = needed(str(route.operation_id))
        route.security = [{}] if scope is None else _logins(scope)


def _logins(scope: Scope) -> list[dict[str, list[str]]]:
    return [{"password": []}, {"token": [scope.value]}, {"session": []}]


def check_scope(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Stand before every handler, as a guard of Litestar's.

    Raises:
        PermissionDeniedException: whoever asks has proved who they are, and may not do this.
    """
    operation = getattr(handler, "operation_id", None)
    # Without a name: the OpenAPI document, and what answers OPTIONS.
    scope = Scope.READ if operation is None else needed(operation)
    if scope is None:
        return
    login: Login = connection.auth
    if not login.scope.covers(scope):
        raise PermissionDeniedException(
            f"This token has the scope `{login.scope}`; this needs `{scope}`."
        )

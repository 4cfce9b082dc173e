"""The login at a backend, in the words of the API; keys in its URL stay here."""

from urllib.parse import urlsplit, urlunsplit

from wattgate.adapters.web.dto import Backend, BackendProblem, BackendSecurity
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.security.link_words import BACKEND_SECURITY
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.gateway.relay_link import RelayLink
from wattgate.runtime.station.station_evse import StationEvse

Login = BackendLink | RelayLink


def backend_of(evse: StationEvse) -> Backend | None:
    """The login of an EVSE; None without a backend."""
    link = evse.login
    if link is None:
        return None
    identity, status = link.identity, link.status
    return Backend(
        client_id=identity.client_id,
        connector=evse.primary.number if evse.primary is not None else BACKEND_CONNECTOR,
        url=without_secrets(identity.target.url),
        phase=status.phase.value,
        reason=_shown(link, status.reason),
        since=status.since,
        queue_depth=evse.link.pump.depth if evse.link is not None else 0,
        given_up=evse.link.pump.given_up if evse.link is not None else 0,
        security=_security_of(link),
        problem=problem_of(link),
    )


def problem_of(link: Login) -> BackendProblem | None:
    """Why the backend does not take us; None where all is well."""
    problem = link.status.problem
    if problem is None:
        return None
    return BackendProblem(
        step=problem.fault.step.value,
        http_status=problem.fault.http_status,
        sentence=_shown(link, problem.fault.sentence),
        since=problem.since,
        attempts=problem.attempts,
        next_attempt_at=problem.next_attempt_at,
    )


def _security_of(link: Login) -> BackendSecurity | None:
    security = link.status.security
    return None if security is None else BackendSecurity(security.value, BACKEND_SECURITY[security])


def without_secrets(url: str) -> str:
    """The URL without user, password, query and fragment, where a key may stand."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _shown(link: Login, text: str) -> str:
    url = link.identity.target.url
    return text.replace(url, without_secrets(url))

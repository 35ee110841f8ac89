"""Tell an alarm to a web address: one POST of JSON, with one deadline."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from fire_course.cameras.delivery import Undelivered
from fire_course.web import addresses
from fire_course.web.line import Deadline, Line
from fire_course.web.politeness import user_agent
from fire_course.web.trouble import Trouble

__all__ = ["Webhook"]

# Answers after which the same alarm may be taken a little later.
_PASSING = (408, 425, 429)


class Webhook:
    """A web address that takes alarms.

    Parameters
    ----------
    url : str
        Where to send them. It is yours, so it may be private; it may hold a
        password or a token, and is never shown.
    deadline : float
        Seconds for all of one try: looking up, connecting, sending, the answer.
    authorities : str, optional
        File of the certificates to trust instead of certifi's.

    Raises
    ------
    ValueError
        If the address cannot be used.
    """

    def __init__(
        self, url: str, *, deadline: float = 10.0, authorities: str | None = None
    ) -> None:
        problem = addresses.plain_problem(url)
        if problem is not None:
            raise ValueError(f"The webhook cannot be used: {problem}.")
        self._url, self.deadline, self._authorities = url, deadline, authorities

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Send one alarm.

        Its id is sent as Idempotency-Key too: after a crash the same alarm may come
        twice. Redirects are not followed.

        Raises
        ------
        Undelivered
            If the answer was no success.
        """
        headers = {
            "Content-Type": "application/json",
            "User-Agent": user_agent(""),
            "Idempotency-Key": str(record.get("id", "")),
        }
        deadline = Deadline(self.deadline)
        host = addresses.origin(self._url)[1]
        line = Line(deadline, private_host=host, authorities=self._authorities)
        try:
            asked = requests.Request(
                "POST", self._url, headers=headers, data=json.dumps(dict(record))
            ).prepare()
            with line.send(asked, stream=True, timeout=deadline.left()) as answer:
                status, reason = answer.status_code, answer.reason or ""
        except Trouble as trouble:
            raise Undelivered(trouble.reason) from None
        except (
            requests.RequestException,
            HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ):
            raise Undelivered(
                f"no answer in HTTP within {self.deadline:g} seconds"
            ) from None
        finally:
            line.close()
        if 200 <= status < 300:
            return
        words = " ".join(reason.split())[:80]
        raise Undelivered(
            f"it answers {status} {words}".rstrip(),
            again=status >= 500 or status in _PASSING,
        )

"""Calls SchedulerX operations through Alibaba's typed SDK for Python.

Started with endpoint, key id, secret and perhaps the signature algorithm. Reads calls, one JSON object a line:
{"action": "ExecuteJob", "params": {"JobId": 1}}; answers each with one line:
{"raw": the response body, "typed": what the SDK's classes made of it, "mistyped": members whose
value is not of the class's declared type, "unset": members the class declares and the body lacks} or {"error": {code, requestId, status, message}}, or
{"unsupported": true} for an operation that the SDK does not have.
"""

import json
import re
import sys
import typing

from alibabacloud_schedulerx220190430 import models
from alibabacloud_schedulerx220190430.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.model import DaraModel


class RecordingClient(Client):
    """Keeps the response as it was before the SDK's classes read it."""

    raw = None

    def call_api(self, params, request, runtime):
        answer = super().call_api(params, request, runtime)
        self.raw = answer["body"]
        return answer


def mistyped(value, declared, path):
    """Paths of the members that are not what their class declares."""
    if value is None:
        return []
    origin = typing.get_origin(declared)
    if origin is list:
        if not isinstance(value, list):
            return [path]
        (item,) = typing.get_args(declared)
        return [bad for one in value for bad in mistyped(one, item, path + "[]")]
    if origin is dict:
        return [] if isinstance(value, dict) else [path]
    if isinstance(declared, type) and issubclass(declared, DaraModel):
        if not isinstance(value, declared):
            return [path]
        hints = typing.get_type_hints(declared.__init__)
        return [
            bad
            for name, hint in hints.items()
            for bad in mistyped(getattr(value, name), hint, f"{path}.{name}")
        ]
    if declared in (str, int, bool):
        # A bool is an int to Python, and to no one else.
        return [] if type(value) is declared else [path]
    return []


def unset(value, declared, path):
    """Paths of the members that a class declares and that are not there."""
    if value is None:
        return [path]
    if typing.get_origin(declared) is list:
        # Of a list the first row is enough: all have one shape.
        (item,) = typing.get_args(declared)
        return [lack for one in value[:1] for lack in unset(one, item, path + "[]")]
    if isinstance(declared, type) and issubclass(declared, DaraModel):
        hints = typing.get_type_hints(declared.__init__)
        return [
            lack
            for name, hint in hints.items()
            for lack in unset(getattr(value, name), hint, f"{path}.{name}")
        ]
    return []


def call(client, action, params):
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", action).lower()
    method = getattr(client, name, None)
    if method is None:
        return {"unsupported": True}
    request_class = getattr(models, f"{action}Request", None)
    arguments = []
    if request_class is not None:
        request = request_class()
        request.from_map(params)
        arguments.append(request)
    body = method(*arguments).body
    return {
        "raw": client.raw,
        "typed": body.to_map(),
        "mistyped": mistyped(body, type(body), "body"),
        "unset": unset(body, type(body), "body"),
    }


def failure(error):
    data = getattr(error, "data", None) or {}
    return {
        "error": {
            "code": getattr(error, "code", None),
            "requestId": getattr(error, "request_id", None) or data.get("RequestId"),
            "status": getattr(error, "status_code", None) or data.get("statusCode"),
            "message": getattr(error, "message", None) or str(error),
        }
    }


def main():
    endpoint, key_id, secret, *algorithm = sys.argv[1:]
    client = RecordingClient(
        Config(
            access_key_id=key_id,
            access_key_secret=secret,
            endpoint=endpoint,
            protocol="HTTP",
            signature_algorithm=algorithm[0] if algorithm else None,
            read_timeout=20000,
            connect_timeout=20000,
        )
    )
    for line in sys.stdin:
        wish = json.loads(line)
        try:
            answer = call(client, wish["action"], wish["params"])
        except Exception as error:  # Whatever the SDK throws is what its users see.
            answer = failure(error)
        print(json.dumps(answer, default=str), flush=True)


main()

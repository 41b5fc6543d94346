"""Calls CDM operations through Huawei Cloud's typed SDK for Python.

Started with endpoint, access key, secret, region and perhaps the id of a project; without it the
SDK looks the project up in IAM. Reads calls, one JSON object a line:
{"action": "ShowJobs", "params": {"cluster_id": "…", "job_name": "all", "body": {}}}; answers each
with one line: {"raw": the response body, "typed": what the SDK's classes hold of it, "mistyped":
members whose value is not of the declared type, "unset": members that a class declares and the body
lacks} or {"error": {code, requestId, status, message}}, or {"unsupported": true} for an operation
that the SDK does not have.
"""

import decimal
import json
import re
import sys

from huaweicloudsdkcdm import v1 as cdm
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region

LIST = re.compile(r"list\[(.*)\]")
# A bool is an int to Python, and to no one else.
PRIMITIVES = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


def mistyped(value, declared, path):
    """Paths of the members that are not what their class declares."""
    if value is None or declared == "object":
        return []
    if declared in PRIMITIVES:
        return [] if type(value) in PRIMITIVES[declared] else [path]
    listed = LIST.match(declared)
    if listed:
        if not isinstance(value, list):
            return [path]
        return [bad for one in value for bad in mistyped(one, listed.group(1), path + "[]")]
    if not isinstance(value, dict):
        return [path]
    model = getattr(cdm, declared)
    return [
        bad
        for name, hint in members(model)
        for bad in mistyped(value.get(name), hint, f"{path}.{name}")
    ]


def unset(value, declared, path):
    """Paths of the members that a class declares and that are not there."""
    if value is None:
        return [path]
    listed = LIST.match(declared)
    if listed:
        # Of a list the first row is enough: all have one shape.
        return [bad for one in value[:1] for bad in unset(one, listed.group(1), path + "[]")]
    model = getattr(cdm, declared, None)
    if model is None or not isinstance(value, dict):
        return []
    return [
        lack for name, hint in members(model) for lack in unset(value.get(name), hint, f"{path}.{name}")
    ]


def members(model):
    return [(model.attribute_map[name], hint) for name, hint in model.openapi_types.items()]


def shown(value):
    """A model as the SDK's users read it, under the names of the wire."""
    if isinstance(value, list):
        return [shown(one) for one in value]
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items()}
    if isinstance(value, decimal.Decimal):
        return float(value)
    if not hasattr(value, "attribute_map"):
        return value
    return {wire: shown(getattr(value, name)) for name, wire in value.attribute_map.items()}


def call(client, action, params):
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", action).lower()
    method = getattr(client, name, None)
    if method is None:
        return {"unsupported": True}
    # Its own decoder makes requests of JSON too: as users fill the models by hand.
    request = client._deserialize(params, getattr(cdm, f"{action}Request"))
    response = method(request)
    raw = json.loads(response.raw_content)
    declared = f"{action}Response"
    return {
        "raw": raw,
        "typed": shown(response),
        "mistyped": mistyped(raw, declared, "body"),
        "unset": unset(raw, declared, "body"),
    }


def failure(error):
    shown_error = {"code": None, "requestId": None, "status": None, "message": getattr(error, "error_msg", None) or repr(error)}
    if isinstance(error, ServiceResponseException):
        shown_error = {
            "code": error.error_code,
            "requestId": error.request_id,
            "status": error.status_code,
            "message": error.error_msg,
        }
    return {"error": shown_error}


def build(endpoint, key_id, secret, region, project_id=None):
    credentials = BasicCredentials(key_id, secret, project_id).with_iam_endpoint(endpoint)
    config = HttpConfig.get_default_config()
    config.timeout = (20, 40)
    config.retry_times = 0
    return (
        cdm.CdmClient.new_builder()
        .with_http_config(config)
        .with_credentials(credentials)
        .with_region(Region(region, endpoint))
        .build()
    )


def main():
    client = None
    for line in sys.stdin:
        wish = json.loads(line)
        try:
            # The SDK looks the project up here: its failures are answers too.
            client = client or build(*sys.argv[1:])
            answer = call(client, wish["action"], wish["params"])
        except Exception as error:  # Whatever the SDK throws is what its users see.
            answer = failure(error)
        print(json.dumps(answer, default=str), flush=True)


main()

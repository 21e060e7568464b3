"""Checks recorded requests to CloudWatch against AWS's own service model, as botocore ships it.

Usage: cloudwatch.py RECORD, a file that HOOKWATCH_CLOUDWATCH_RECORD named. Each request is decoded here
from the bytes that were sent. Ends with 1 on any error, and when an operation of ours was never seen.
"""

import base64
import collections
import datetime
import gzip
import json
import math
import re
import sys

import botocore.loaders
import botocore.model
import botocore.validate
import cbor2

OURS = {
    "PutMetricData", "PutMetricAlarm", "PutCompositeAlarm", "DescribeAlarms", "DeleteAlarms",
    "ListTagsForResource", "SetAlarmState",
}  # fmt: skip


def main(path):
    loader = botocore.loaders.Loader()
    model = botocore.model.ServiceModel(loader.load_service_model("cloudwatch", "service-2"))
    errors, seen = [], collections.Counter()
    with open(path, encoding="utf-8") as record:
        for number, line in enumerate(record, 1):
            name, found = check(model, json.loads(line))
            seen[name] += 1
            errors += [f"request {number}, {name}: {error}" for error in found]
    errors += [f"{name} was never asked" for name in sorted(OURS - set(seen))]
    print(*errors[:50], sep="\n", end="\n" if errors else "")
    counts = ", ".join(f"{name} {count}" for name, count in sorted(seen.items()))
    print(f"cloudwatch: {sum(seen.values())} requests ({counts}), {len(errors)} errors")
    return 1 if errors else 0


def check(model, request):
    """The operation's name, and what is wrong with the request."""
    prefix = f"/service/{model.metadata['targetPrefix']}/operation/"
    name = request["path"].removeprefix(prefix)
    if not request["path"].startswith(prefix) or name not in model.operation_names:
        return request["path"], ["no operation of CloudWatch's"]
    errors = []
    headers = request["headers"]
    if request["method"] != "POST" or headers.get("smithy-protocol") != "rpc-v2-cbor":
        errors.append("not the protocol smithy-rpc-v2-cbor")
    if headers.get("content-type") != "application/cbor":
        errors.append(f"content-type {headers.get('content-type')}")
    body = base64.b64decode(request["body"])
    if len(body) > 1_000_000:
        errors.append("more than 1 MB")
    try:
        packed = headers.get("content-encoding") == "gzip"
        given = cbor2.loads(gzip.decompress(body) if packed else body)
    except (cbor2.CBORDecodeError, OSError) as error:
        return name, errors + [f"does not decode: {error}"]
    shape = model.operation_model(name).input_shape
    report = botocore.validate.ParamValidator().validate(given, shape)
    if report.has_errors():
        errors.append(report.generate_report())
    else:
        errors += beyond(given, shape, name)
    if not errors:
        # What reads the members may now trust their types.
        now = datetime.datetime.fromtimestamp(request["at"], datetime.timezone.utc)
        errors += LIMITS.get(name, lambda given, now: [])(given, now)
    return name, errors


def beyond(value, shape, place):
    """What botocore's validator leaves to the service: unknown members, enums, patterns, upper bounds."""
    if shape.type_name == "structure":
        for name, member in value.items():
            if name not in shape.members:
                yield f"{place}.{name}: no such member"
            else:
                yield from beyond(member, shape.members[name], f"{place}.{name}")
        return
    if shape.type_name == "list":
        size = len(value)
        for index, member in enumerate(value):
            yield from beyond(member, shape.member, f"{place}[{index}]")
    elif shape.type_name == "timestamp":
        if not isinstance(value, datetime.datetime):
            yield f"{place}: a time without its tag"
        return
    else:
        size = len(value) if isinstance(value, str) else value
    facts = shape.metadata
    if "enum" in facts and value not in facts["enum"]:
        yield f"{place}: {value!r} is none of {facts['enum']}"
    if "pattern" in facts and not re.fullmatch(facts["pattern"], value, re.DOTALL):
        yield f"{place}: {value!r} does not match {facts['pattern']}"
    if "max" in facts and size > facts["max"]:
        yield f"{place}: {size} is more than {facts['max']}"
    if "min" in facts and size < facts["min"]:
        yield f"{place}: {size} is less than {facts['min']}"
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place}: {value}"


def metric_data(given, now):
    """Limits that the model does not carry: those of the API reference of PutMetricData."""
    if given["Namespace"].startswith("AWS/"):
        yield "Namespace is AWS's own"
    if len(given.get("MetricData", [])) > 1_000:
        yield "more than 1000 metrics"
    for datum in given.get("MetricData", []):
        name = datum["MetricName"]
        values, counts = datum.get("Values", []), datum.get("Counts", [])
        if ("Value" in datum) + bool(values) + ("StatisticValues" in datum) != 1:
            yield f"{name}: one of Value, Values, StatisticValues"
        if len(values) > 150 or len(set(values)) != len(values):
            yield f"{name}: {len(values)} values, at most 150 different ones"
        if counts and len(counts) != len(values) or any(count <= 0 for count in counts):
            yield f"{name}: Counts do not fit Values"
        numbers = [*values, datum.get("Value", 0.0), *datum.get("StatisticValues", {}).values()]
        if any(abs(number) > 2.0**360 for number in numbers):
            yield f"{name}: a value beyond 2^360"
        dimensions = datum.get("Dimensions", [])
        if len({of["Name"] for of in dimensions}) != len(dimensions) or len(dimensions) > 30:
            yield f"{name}: dimensions, at most 30 different ones"
        for text in [name, *(text for of in dimensions for text in of.values())]:
            if not text.isascii() or not text.strip() or text.startswith(":"):
                yield f"{name}: {text!r} is not ASCII, blank or begins with a colon"
        if datum.get("StorageResolution", 60) not in (1, 60):
            yield f"{name}: StorageResolution"
        ago = now - datum.get("Timestamp", now)
        if not -datetime.timedelta(hours=2) <= ago <= datetime.timedelta(days=14):
            yield f"{name}: a time {ago} ago"


def any_alarm(given):
    for kind in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        if len(given.get(kind, [])) > 5:
            yield f"more than 5 {kind}"
    tags = [tag["Key"] for tag in given.get("Tags", [])]
    if len(tags) > 50 or len(set(tags)) != len(tags) or any(key.startswith("aws:") for key in tags):
        yield "tags: at most 50 different ones, none of AWS's own"


def metric_alarm(given, now):
    """Of PutMetricAlarm, for an alarm on one metric."""
    yield from any_alarm(given)
    if ("Statistic" in given) + ("ExtendedStatistic" in given) != 1:
        yield "either Statistic or ExtendedStatistic"
    if missing := {"Namespace", "MetricName", "Period", "Threshold"} - set(given):
        return (yield f"{sorted(missing)} missing")
    period, periods = given["Period"], given["EvaluationPeriods"]
    if period not in (10, 20, 30) and (period <= 0 or period % 60):
        yield f"Period {period}"
    if period * periods > (604_800 if period >= 3_600 else 86_400):
        yield f"Period {period} x EvaluationPeriods {periods}"
    if not 1 <= given.get("DatapointsToAlarm", periods) <= periods:
        yield "DatapointsToAlarm is not within EvaluationPeriods"
    if given.get("TreatMissingData", "missing") not in ("breaching", "notBreaching", "ignore", "missing"):
        yield f"TreatMissingData {given['TreatMissingData']}"
    if given.get("EvaluateLowSampleCountPercentile", "ignore") not in ("evaluate", "ignore"):
        yield "EvaluateLowSampleCountPercentile"


def composite_alarm(given, now):
    """Of PutCompositeAlarm."""
    yield from any_alarm(given)
    children = set(re.findall(r"(?:ALARM|OK|INSUFFICIENT_DATA)\(([^()]+)\)", given["AlarmRule"]))
    if not 1 <= len(children) <= 100:
        yield f"{len(children)} children in AlarmRule {given['AlarmRule']}"
    if given["AlarmRule"].count("(") != given["AlarmRule"].count(")"):
        yield "AlarmRule: brackets"


LIMITS = {
    "PutMetricData": metric_data,
    "PutMetricAlarm": metric_alarm,
    "PutCompositeAlarm": composite_alarm,
}

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

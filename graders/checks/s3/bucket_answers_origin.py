"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html"""

from typing import Any

from graders import Account, Fail, check
from graders.account import read_or_none
from graders.iam import ask, patterns

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
STRANGER = "https://evil.example"


@check(permissions=["s3:ListAllMyBuckets", "s3:GetBucketCORS"])
def bucket_answers_origin(
    account: Account, *, bucket: str, origins: list[str], methods: list[str], headers: list[str] | None = None
) -> None:
    """Scripts of {origins} may {methods} in {bucket} from the browser, and no others.

    By CORS rules, whether one or several. Other origins (the same host over http or as a part of a longer name, too) and
    other methods must be refused; `headers`: those that a request may send.
    """
    ask.bucket_exists(account, bucket)
    answer = read_or_none(account, "NoSuchCORSConfiguration", "s3", "get_bucket_cors", Bucket=bucket) or {}
    rules = answer.get("CORSRules", [])
    values: dict[str, Any] = {"bucket": bucket, "origins": origins, "methods": methods}
    if not rules:
        raise _fail("{bucket} has no CORS rules: a browser shows no script its answers.", values)
    for origin in origins:
        for method in methods:
            if not _allows(rules, origin, method, headers or []):
                raise _missing(rules, origin, method, headers or [], values)
        extra = [one for one in METHODS if one not in methods and _allows(rules, origin, one, [])]
        if extra:
            raise _fail("Scripts of {origin} may {extra} too.", values, origin=origin, extra=extra)
    for stranger in _strangers(origins):
        may = [one for one in METHODS if _allows(rules, stranger, one, [])]
        if may:
            raise _fail(
                "Scripts of every site may {may}: a rule allows the origin *."
                if stranger == STRANGER
                else "Scripts of {stranger} may {may} too.",
                values,
                counterexample="A page of {stranger} can {may} in {bucket} from its visitors' browsers.",
                stranger=stranger,
                may=may,
            )


def _allows(rules: list[dict[str, Any]], origin: str, method: str, headers: list[str]) -> bool:
    """S3 takes the first rule that suits all three."""
    return any(
        any(patterns.glob(_wild(one), origin) for one in rule.get("AllowedOrigins", []))
        and method in rule.get("AllowedMethods", [])
        and all(
            any(patterns.glob(_wild(one.lower()), header.lower()) for one in rule.get("AllowedHeaders", []))
            for header in headers
        )
        for rule in rules
    )


def _wild(text: str) -> str:
    """S3 knows one wildcard: a question mark stands for itself."""
    return text.replace("*", patterns.ANY)


def _strangers(origins: list[str]) -> list[str]:
    found = [STRANGER, "http://evil.example"]
    for origin in origins:
        scheme, _, host = origin.partition("://")
        found += [f"{scheme}://zz.{host}", f"{scheme}://zz.{host.partition('.')[2]}", f"{origin}.evil.example"]
        found += [f"http://{host}"] if scheme == "https" else []
    return [one for one in found if one not in origins]


def _missing(rules: list[dict[str, Any]], origin: str, method: str, headers: list[str], values: dict[str, Any]) -> Fail:
    if headers and _allows(rules, origin, method, []):
        return _fail("Scripts of {origin} may {method}, but not send the headers {headers}.", values,
                     origin=origin, method=method, headers=headers)  # fmt: skip
    given = [one for rule in rules for one in rule.get("AllowedOrigins", [])]
    near = next((one for one in given if _bare(one) == _bare(origin) and one != origin), "")
    found = "No rule lets scripts of {origin} {method}."
    if near:
        found += " There is {near}: an origin is scheme and host, without a slash at its end, letter by letter."
    return _fail(found, values, origin=origin, method=method, near=near)


def _bare(origin: str) -> str:
    return origin.lower().rpartition("://")[2].rstrip("/")


def _fail(found: str, values: dict[str, Any], *, counterexample: str = "", **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the CORS rules of {bucket}",
        needed="{methods} for {origins}, and nothing else.",
        try_="aws s3api put-bucket-cors with the origins and methods that the task names",
        counterexample=counterexample,
        **values,
        **more,
    )

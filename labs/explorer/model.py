"""How a service says what the explorer shows of it, and what a learner can do there without a terminal.

A service is one module in `labs/explorer/services/`, found by walking that package; it holds one name, `SERVICE`.
A module declares; it never renders, parses a form, signs a call or catches an error: the framework does.

    Service   one of AWS's services (its id is botocore's name), with its kinds in the order of the page
    Kind      one sort of thing: how to list it, what an empty list teaches, and its actions
    Thing     one resource: id, name, facts for the list; properties, parts, tags, links and JSON for its drawer
    Part/Row  a table inside a thing (the rules of a security group), whose rows have actions too
    Action    a form: fields, and a pure function from what was typed to the API calls it makes
    Field     Text Number Choice Choices Pick Picks Switch Json Policy Pairs Lines Content Cidr Cron Group Repeat

A kind is read in three steps, so that counts and picks stay cheap:
    list(account)           -> things     one or two calls; used for counts, for picks and for the list
    look(account, thing)    -> thing      what costs calls for each thing; only in the list of the service that is open
    detail(account, thing)  -> thing      what only the drawer needs; gets what `look` gave
`look` and `detail` are optional and return `replace(thing, …)`. All reading is by `account.read(service, operation,
**parameters)` (graders.Account: cached, all pages, no line in the API log); `ask` is the same with {} for "there is no
such setting". A setting that cannot be read may raise: the framework says so beside the list and goes on.

An action's `calls(v, at)` gets the cleaned values and where it stands, and returns Calls (an iterable; `yield` is fine).
It is pure: no reading, no clock, no randomness, for it runs at every key press to show the equivalent commands.
    v     dict: every field of the form by name; None where an optional one was left empty (a Switch: True or False;
          Choices, Picks, Lines, Repeat: a list, perhaps empty; Pairs: a dict, perhaps empty; Group: a dict or None;
          Json: decoded; Policy: compact JSON *text*; Content: a Bytes). Required ones are never None.
    at    At: account_id, region, thing, row, before (what `initial` gave: to send only what was changed)
`call("s3", "create_bucket", Bucket=…, X=None)` leaves out what is None. Operations and parameters are boto3's names.
A later call may use an earlier one's answer: `call(…, keep=("GROUP", "GroupId"))` then `GroupId=Kept("GROUP")`, which
reads `GROUP=$(aws … --query GroupId --output text)` and `--group-id "$GROUP"` in the commands.
Where all fields are parameters of one operation, `calls="sns.create_topic"` is enough; `thing="TopicArn"` adds the id.

Fields take from botocore what they can: where a field's name is the parameter's name, AWS's own limits and patterns are
checked and the complaint stands at that field. A field is shown `when=("protocol", "tcp", "udp")` only; hidden, it is None.
`fields` and `initial` may depend on the thing: `fields=lambda account, at: (…)`, `initial=lambda account, at: {…}`.

A complete module:

    '''S3: buckets, and who may do what with them.'''

    import json
    from collections.abc import Iterator
    from dataclasses import replace
    from typing import Any

    from graders import Account
    from labs.explorer.model import (
        Action, At, Call, Choice, Fact, Kind, Link, Policy, Service, Switch, Text, Thing, ask, call, delete, switch_fact
    )

    def _buckets(account: Account) -> Iterator[Thing]:
        for one in account.read("s3", "list_buckets").get("Buckets", []):
            yield Thing(one["Name"], one["Name"], arn=f"arn:aws:s3:::{one['Name']}", data=one)

    def _look(account: Account, it: Thing) -> Thing:
        block = ask(account, "s3", "get_public_access_block", Bucket=it.id).get("PublicAccessBlockConfiguration", {})
        policy = ask(account, "s3", "get_bucket_policy", Bucket=it.id).get("Policy", "")
        facts = (
            Fact("Block Public Access", f"{sum(block.values())} of 4", "good" if all(block.values()) and block else "bad"),
            Fact("Bucket policy", "set" if policy else "none", exact=policy),
        )
        return replace(it, facts=facts, data={**it.data, "PublicAccessBlock": block, "Policy": policy})

    def _detail(account: Account, it: Thing) -> Thing:
        sse = ask(account, "s3", "get_bucket_encryption", Bucket=it.id).get("ServerSideEncryptionConfiguration", {})
        key = …
        tags = ask(account, "s3", "get_bucket_tagging", Bucket=it.id).get("TagSet", [])
        return replace(it, tags=tags_of(tags), links=(Link("kms:key", key, "Encrypted with"),) if key else ())

    def _create(v: dict[str, Any], at: At) -> Iterator[Call]:
        place = None if at.region == "us-east-1" else {"LocationConstraint": at.region}
        yield call("s3", "create_bucket", Bucket=v["Bucket"], CreateBucketConfiguration=place)
        if v["versioning"]:
            on = {"Status": "Enabled"}
            yield call("s3", "put_bucket_versioning", Bucket=v["Bucket"], VersioningConfiguration=on)

    def _save_policy(v: dict[str, Any], at: At) -> Iterator[Call]:
        if v["Policy"] is None:
            yield call("s3", "delete_bucket_policy", Bucket=at.thing.id)
        else:
            yield call("s3", "put_bucket_policy", Bucket=at.thing.id, Policy=v["Policy"])

    BUCKET = Kind(
        "bucket", "Bucket", "Buckets", _buckets, look=_look, detail=_detail,
        empty="A bucket holds objects, and belongs to one region. Its name is unique in all the world.",
        command="aws s3 mb s3://my-first-bucket",
        actions=(
            Action("create", "Create bucket", _create, new=True, fields=(
                Text("Bucket", "Name", required=True, help="3 to 63 lower-case letters, digits, dots and hyphens."),
                Switch("versioning", "Keep old versions"),
            )),
            Action("policy", "Edit bucket policy", _save_policy,
                fields=(Policy("Policy", "Policy", kind="resource", help="Empty: no policy."),),
                initial=lambda account, at: {"Policy": at.thing.data["Policy"]}),
            delete("s3.delete_bucket", "Bucket", "Delete the bucket for good? It must be empty."),
        ),
    )
    SERVICE = Service("s3", "S3", "Objects in buckets.", (BUCKET,))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from botocore.exceptions import ClientError

from graders import Account
from graders.account import is_absence
from labs.explorer import api
from labs.explorer.files import Bytes as Bytes
from labs.explorer.files import zipped as zipped

Tone: TypeAlias = Literal["", "good", "bad"]
Values: TypeAlias = dict[str, Any]


# --- What exists ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """One thing that is set. `tone` is "good", "bad" (worth a look) or "". `exact` is all of it, where `value` tells less."""

    label: str
    value: str
    tone: Tone = ""
    exact: str = ""


@dataclass(frozen=True)
class Link:
    """Another thing that this one has to do with. `kind` is "iam:role", `id` that thing's id, arn or name; `about` says how."""

    kind: str
    id: str
    about: str
    name: str = ""  # where another than the id is to be read


@dataclass(frozen=True)
class Row:
    """A row of a part. `id` is unique in it and lasts as long as the row does; `data` is for its actions."""

    id: str
    cells: tuple[str, ...]
    tone: Tone = ""
    data: Any = None


@dataclass(frozen=True)
class Part:
    """A table within a thing: rules, subscriptions, versions. Its actions are the kind's, with `part=` this id."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    empty: str = "None."


@dataclass(frozen=True)
class Thing:
    """One resource. `id` is what API calls name it by, and its address in the page; unique in its kind."""

    id: str
    name: str
    facts: tuple[Fact, ...] = ()
    arn: str = ""
    data: Any = None  # the API's answer about it: the drawer's JSON, and its properties where `properties` is empty
    properties: tuple[Fact, ...] = ()
    parts: tuple[Part, ...] = ()
    tags: Mapping[str, str] | None = None  # None: this kind has no tags
    links: tuple[Link, ...] = ()

    @property
    def slug(self) -> str:
        """Return a name that an HTML id can hold, distinct within its kind."""
        return re.sub(r"[^A-Za-z0-9-]", lambda match: f"_{ord(match[0]):x}_", self.id)


NOTHING = Thing("", "")
NO_ROW = Row("", ())


def switch_fact(label: str, value: Any, *, good: bool | None = None) -> Fact:
    """Return a switch as a fact; `good` says which position is the safe one."""
    tone: Tone = "" if good is None else ("good" if bool(value) is good else "bad")
    return Fact(label, "on" if value else "off", tone)


def tags_of(tags: Iterable[Mapping[str, str]] | Mapping[str, str] | None) -> dict[str, str]:
    """Return tags as a dict, however the service gives them: [{Key, Value}], [{key, value}], [{TagKey, TagValue}] or a map."""
    if isinstance(tags, Mapping):
        return dict(tags)
    found = {}
    for one in tags or ():
        values = {name.lower().removeprefix("tag"): value for name, value in one.items()}
        found[values["key"]] = values.get("value", "")
    return found


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """Return a Pairs field as most services want tags, or None where there are none."""
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def ask(account: Account, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    """Return an answer, or {} where the resource has no such setting (NoSuchBucketPolicy and its like)."""
    try:
        return account.read(service, operation, **parameters)
    except ClientError as error:
        if is_absence(error):
            return {}
        raise


def tail(arn: str) -> str:
    """Return the last part of an ARN: the resource's own name."""
    return re.split(r"[:/]", arn)[-1]


# --- What is done ---------------------------------------------------------------------------------------------------


class Kept(str):
    """Stands for what an earlier call of the same action answered: its text is the variable's name."""

    __slots__ = ()


@dataclass(frozen=True)
class Call:
    """One API call, in boto3's names. `keep` is (variable, JMESPath) of what a later call needs of the answer."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    keep: tuple[str, str] | None = None
    region: str = ""  # where it is made, if not in the sandbox's own: a copy is asked for where it is to lie


def call(
    service: str, operation: str, /, *, keep: tuple[str, str] | None = None, region: str = "", **parameters: Any
) -> Call:
    """Return a call without those parameters that are None."""
    return Call(service, operation, {name: one for name, one in parameters.items() if one is not None}, keep, region)


@dataclass(frozen=True)
class At:
    """Where an action stands: in which account, on which thing and row, and what `initial` found there."""

    account_id: str
    region: str
    thing: Thing = NOTHING
    row: Row = NO_ROW
    before: Values = field(default_factory=dict)

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """Return an ARN of this account: at.arn("sqs", "inbox"). Of a global service: region=""."""
        return f"arn:aws:{service}:{self.region if region is None else region}:{self.account_id}:{resource}"


# --- Fields ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Common:
    required: bool = False
    help: str = ""
    when: tuple[str, ...] = ()  # (field, value, value …): shown and sent only while that field has one of these


@dataclass(frozen=True)
class _Named:
    name: str
    label: str


@dataclass(frozen=True)
class Text(_Common, _Named):
    """One line (`long`: several). Gives a str. `options` are offered and not binding."""

    initial: str = field(default="", kw_only=True)
    placeholder: str = field(default="", kw_only=True)
    long: bool = field(default=False, kw_only=True)
    options: Sequence[str] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Number(_Common, _Named):
    """Gives an int, or a float where `whole` is False."""

    initial: float | int | None = field(default=None, kw_only=True)
    least: float | int | None = field(default=None, kw_only=True)
    most: float | int | None = field(default=None, kw_only=True)
    whole: bool = field(default=True, kw_only=True)
    unit: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Choice(_Common, _Named):
    """One of a list. Options are values, or (value, words) pairs. Gives the value, a str."""

    options: Sequence[str | tuple[str, str]] = ()
    initial: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Choices(_Common, _Named):
    """Any of a list. Gives a list of str."""

    options: Sequence[str | tuple[str, str]] = ()
    initial: Sequence[str] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Pick(_Common, _Named):
    """One of another kind's things ("iam:role"; of several: a tuple). Gives its `by`: id, arn or name. `free`: or any text."""

    kind: str | tuple[str, ...] = ""
    by: Literal["id", "arn", "name"] = field(default="id", kw_only=True)
    where: Callable[[Thing], bool] | None = field(default=None, kw_only=True)
    free: bool = field(default=False, kw_only=True)
    initial: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Picks(_Common, _Named):
    """Any of another kind's things. Gives a list of str."""

    kind: str | tuple[str, ...] = ""
    by: Literal["id", "arn", "name"] = field(default="id", kw_only=True)
    where: Callable[[Thing], bool] | None = field(default=None, kw_only=True)
    free: bool = field(default=False, kw_only=True)  # more may be typed, one a line
    initial: Sequence[str] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Switch(_Common, _Named):
    """On or off. Gives True or False."""

    initial: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Json(_Common, _Named):
    """A JSON document. Gives it decoded; `text=True`: as compact text, for parameters that are strings."""

    initial: Any = field(default=None, kw_only=True)
    text: bool = field(default=False, kw_only=True)
    starters: Sequence[tuple[str, Any]] = field(default=(), kw_only=True)  # (words, document): "Start with …"


@dataclass(frozen=True)
class Policy(_Common, _Named):
    """A policy document, read by AWS's rules with the lines marked. Gives compact JSON text. `kind`: whose policy it is."""

    kind: Literal["identity", "resource", "trust"] = "identity"
    initial: Any = field(default=None, kw_only=True)
    starters: Sequence[tuple[str, Any]] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Pairs(_Common, _Named):
    """Keys with values: tags, variables. Gives a dict of str."""

    initial: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    key: str = field(default="Key", kw_only=True)
    value: str = field(default="Value", kw_only=True)


@dataclass(frozen=True)
class Lines(_Common, _Named):
    """A list of texts, one a line. Gives a list of str."""

    initial: Sequence[str] = field(default=(), kw_only=True)
    placeholder: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Content(_Common, _Named):
    """What a file holds: typed, or uploaded. Gives Bytes. `file` is the name a command would read it by."""

    file: str = field(default="content.txt", kw_only=True)
    initial: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Cidr(_Common, _Named):
    """An address range: 10.0.0.0/16 (`v6`: or fd00::/8). Gives a str."""

    initial: str = field(default="", kw_only=True)
    v6: bool = field(default=False, kw_only=True)
    options: Sequence[str] = field(default=("0.0.0.0/0",), kw_only=True)


@dataclass(frozen=True)
class Cron(_Common, _Named):
    """A schedule as EventBridge reads it: rate(5 minutes), cron(0 12 * * ? *). Gives a str."""

    initial: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Group(_Common, _Named):
    """Fields that belong together. Gives a dict of those that are given, or None where none is."""

    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Repeat(_Common, _Named):
    """The same fields any number of times: rules, attributes. Gives a list of dicts; with one field "" a list of its values."""

    fields: tuple[Field, ...] = ()
    least: int = field(default=0, kw_only=True)  # as many rows are open to begin with
    initial: Sequence[Any] = field(default=(), kw_only=True)
    one: str = field(default="", kw_only=True)  # "rule": the button says "Add rule"


Field: TypeAlias = (
    Text | Number | Choice | Choices | Pick | Picks | Switch | Json | Policy
    | Pairs | Lines | Content | Cidr | Cron | Group | Repeat
)  # fmt: skip
Fields: TypeAlias = tuple[Field, ...] | Callable[[Account, At], tuple[Field, ...]]
Maker: TypeAlias = Callable[[Values, At], Iterable[Call]]


def enum(service: str, operation: str, path: str) -> tuple[str, ...]:
    """Return the values that botocore's model has for a parameter, or (): enum("s3", "put_object", "StorageClass")."""
    return api.enum_of(service, operation, path)


# --- Kinds and actions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Action:
    """Something to do: its form, and the calls that it makes.

    It stands on each thing; `new`: above the list; `part`: above that part of a thing; `part` and `row`: on its rows.
    `danger` is the question asked before it is done: the form then has a red button. `when`: the things that have it.
    `verb` is the word on the button that saves.
    """

    id: str
    title: str
    calls: Maker | str
    fields: Fields = ()
    initial: Callable[[Account, At], Values] | None = None
    new: bool = False
    part: str = ""
    row: bool = False
    danger: str = ""
    about: str = ""
    verb: str = ""
    thing: str = ""  # with `calls` a name: the parameter that is the thing's id
    when: Callable[[Thing], bool] | None = None


def delete(operation: str, parameter: str, danger: str, *, title: str = "Delete", id: str = "delete") -> Action:
    """Return the action that deletes a thing by one call with its id."""
    return Action(id, title, operation, thing=parameter, danger=danger, verb=title)


@dataclass(frozen=True)
class Kind:
    """One sort of thing in a service. `empty` says what one is good for; `command` makes one."""

    id: str
    one: str  # "Bucket"
    many: str  # "Buckets"
    list: Callable[[Account], Iterable[Thing]]
    look: Callable[[Account, Thing], Thing] | None = None
    detail: Callable[[Account, Thing], Thing] | None = None
    empty: str = ""
    command: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service: `id` is botocore's name of it, `about` a line of what it is for; `everywhere`: it belongs to no region."""

    id: str
    title: str
    about: str
    kinds: tuple[Kind, ...]
    everywhere: bool = False

    def kind(self, id: str) -> Kind | None:
        """Return the kind of that id, or None."""
        return next((one for one in self.kinds if one.id == id), None)

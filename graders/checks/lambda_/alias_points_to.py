"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html"""

from graders import Account, Fail, check, functions, nearby


@check(permissions=[*functions.PERMISSIONS, "lambda:ListAliases", "lambda:ListVersionsByFunction"])
def alias_points_to(
    account: Account,
    *,
    function: str,
    alias: str,
    version: int = 0,
    version_at_least: int = 0,
    other_percent_at_most: int = 0,
    other_percent_at_least: int = 0,
) -> None:
    """The alias {alias} of {function} points to a published version.

    To `version` where one is named, or `version_at_least`. `other_percent_…` bound the share of calls that a second
    version gets. $LATEST is no version: it changes under the callers' feet.
    """
    functions.the_function(account, function)
    listed = account.read("lambda", "list_aliases", FunctionName=function).get("Aliases", [])
    found = next((one for one in listed if one["Name"] == alias), None)
    if found is None:
        raise Fail(
            "The alias {alias} of {function} does not exist.{hint}",
            looked_at="the aliases of {function}",
            needed="An alias {alias} on a published version.",
            try_="aws lambda create-alias --function-name {function} --name {alias} --function-version …",
            function=function,
            alias=alias,
            hint=nearby.almost(alias, [one["Name"] for one in listed]),
        )
    published = account.read("lambda", "list_versions_by_function", FunctionName=function).get("Versions", [])
    now = str(found["FunctionVersion"])
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    share = round(100 * sum(weights.values()), 2)
    said = ""
    if not now.isdigit():
        said = "The alias {alias} points to {now}: every upload reaches its callers at once."
    elif (version and int(now) != version) or int(now) < version_at_least:
        said = "The alias {alias} points to version {now}, not {wanted}.{hint}"
    elif other_percent_at_least and not weights:
        said = "The alias {alias} sends all calls to version {now}: no second version gets a share."
    elif not other_percent_at_least <= share <= max(other_percent_at_most, other_percent_at_least):
        said = "The alias {alias} sends {share} % of its calls to {others}, not {asked} %."
    if not said:
        return
    wanted = str(version) if version else f"{version_at_least} or newer"
    newest = max((int(one["Version"]) for one in published if one["Version"].isdigit()), default=0)
    raise Fail(
        said,
        looked_at="the alias {alias} of {function}",
        needed="The alias on {target}, with {asked} % for another version.",
        try_="aws lambda update-alias --function-name {function} --name {alias} --function-version … --routing-config …",
        function=function,
        alias=alias,
        now=now,
        wanted=wanted,
        target=f"version {wanted}" if version or version_at_least else "a published version",
        share=share,
        others=[f"version {one}" for one in weights],
        asked=f"{other_percent_at_least} to {other_percent_at_most}" if other_percent_at_most else "0",
        hint=f" Version {newest} is published, but the alias was left behind."
        if now.isdigit() and newest > int(now)
        else "",
    )

"""https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html"""

import json
from typing import Any

from botocore.exceptions import ClientError

from graders import Account, Fail, apis, check, distributions, functions
from graders.checks.cloudfront.origin_private import origin_private
from graders.checks.s3.website_public_read import website_public_read


def _pool(account: Account, name: str) -> str:
    pools = account.read("cognito-idp", "list_user_pools", MaxResults=60)["UserPools"]
    found = [one["Id"] for one in pools if one["Name"] == name]
    if len(found) != 1:
        raise Fail("{count} user pools are called {pool}.", count=len(found), pool=name)
    return str(found[0])


def _method(account: Account, api: str, path: str, method: str) -> tuple[str, dict[str, Any]]:
    """Return the API's id and a method of a path."""
    found = apis.the_api(account, api, "REST")
    listed = account.read("apigateway", "get_resources", restApiId=found.id, embed=["methods"])["items"]
    here = [one for one in listed if one["path"] == path]
    if not here:
        raise Fail("{api} has no path {path}.", api=api, path=path)
    held = here[0].get("resourceMethods", {}).get(method)
    if held is None:
        raise Fail("{path} of {api} has no method {method}.", path=path, api=api, method=method)
    return found.id, held


@check(permissions=["cognito-idp:ListUserPools", "cognito-idp:ListUsers"])
def can_sign_in(account: Account, *, pool: str, user: str) -> None:
    """The user {user} of the pool {pool} can sign in."""
    users = account.read("cognito-idp", "list_users", UserPoolId=_pool(account, pool))["Users"]
    for one in users:
        attributes = {each["Name"]: each["Value"] for each in one.get("Attributes", [])}
        if user not in (one["Username"], attributes.get("email")):
            continue
        if one["UserStatus"] != "CONFIRMED" or not one["Enabled"]:
            raise Fail("{user} is {status}, not CONFIRMED.", user=user, status=one["UserStatus"])
        if attributes.get("email") != user or attributes.get("email_verified") != "true":
            raise Fail("The e-mail address of {user} is not there, or not verified.", user=user)
        return
    raise Fail("{pool} has no user {user}.", pool=pool, user=user)


@check(permissions=["apigateway:GET", "cognito-idp:ListUserPools"])
def guarded(account: Account, *, api: str, path: str, pool: str, function: str) -> None:
    """POST {path} of {api} runs {function} for those who have signed in to {pool}."""
    ident, held = _method(account, api, path, "POST")
    if held.get("authorizationType") != "COGNITO_USER_POOLS" or not held.get("authorizerId"):
        raise Fail("POST {path} asks for {kind}.", path=path, kind=held.get("authorizationType", "NONE"))
    guards = {one["id"]: one for one in account.read("apigateway", "get_authorizers", restApiId=ident).get("items", [])}
    guard = guards.get(held["authorizerId"], {})
    arn = f"arn:aws:cognito-idp:{account.region}:{account.account_id}:userpool/{_pool(account, pool)}"
    if guard.get("providerARNs") != [arn]:
        raise Fail("The authorizer of POST {path} does not ask the pool {pool} alone.", path=path, pool=pool)
    if guard.get("identitySource") != "method.request.header.Authorization":
        raise Fail("The authorizer looks into {place}.", place=guard.get("identitySource", "nothing"))
    integration = held.get("methodIntegration") or {}
    where = f"{account.region}:{account.account_id}:function:{function}"
    uri = f"arn:aws:apigateway:{account.region}:lambda:path/2015-03-31/functions/arn:aws:lambda:{where}/invocations"
    has = (integration.get("type"), integration.get("httpMethod"), integration.get("uri"))
    if has != ("AWS_PROXY", "POST", uri):
        raise Fail(
            "POST {path} is no proxy to {function}: {has}.", path=path, function=function, has=" ".join(map(str, has))
        )


@check(permissions=["apigateway:GET"])
def answers_preflight(account: Account, *, api: str, path: str) -> None:
    """OPTIONS {path} of {api} answers by itself that every page may ask."""
    _, held = _method(account, api, path, "OPTIONS")
    if held.get("authorizationType", "NONE") != "NONE" or held.get("apiKeyRequired"):
        raise Fail("OPTIONS {path} is guarded; a browser asks without signing in.", path=path)
    integration = held.get("methodIntegration") or {}
    try:
        asked = json.loads((integration.get("requestTemplates") or {}).get("application/json", "{}"))
    except ValueError:
        asked = {}
    if integration.get("type") != "MOCK" or str(asked.get("statusCode")) != "200":
        raise Fail("OPTIONS {path} has no MOCK integration that asks for the statusCode 200.", path=path)
    name = "method.response.header.Access-Control-Allow-Origin"
    if name not in ((held.get("methodResponses") or {}).get("200", {}).get("responseParameters") or {}):
        raise Fail("The method response 200 of OPTIONS {path} does not declare the header.", path=path)
    said = ((integration.get("integrationResponses") or {}).get("200", {}).get("responseParameters") or {}).get(
        name, ""
    )
    if said != "'*'":
        raise Fail("OPTIONS {path} says {said} for Access-Control-Allow-Origin.", path=path, said=said or "nothing")


@check(permissions=["apigateway:GET", "cognito-idp:ListUserPools", "s3:ListBucket", "s3:GetObject"])
def is_filled_in(account: Account, *, bucket: str, pool: str, api: str, stage: str) -> None:
    """The page of {bucket} is there, and its js/config.js names the pool and the API."""
    keys = [one["Key"] for one in account.read("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])]
    for key in ("index.html", "js/config.js"):
        if key not in keys:
            raise Fail("{bucket} has no {key}.", bucket=bucket, key=key)
    s3 = account.client("s3")
    if not s3.head_object(Bucket=bucket, Key="index.html")["ContentType"].startswith("text/html"):
        raise Fail("index.html is not of the type text/html.")
    text = s3.get_object(Bucket=bucket, Key="js/config.js")["Body"].read().decode(errors="replace")
    ident = _pool(account, pool)
    url = f"https://{apis.the_api(account, api, 'REST').id}.execute-api.{account.region}.amazonaws.com/{stage}"
    for wanted in (ident, url):
        if wanted not in text:
            raise Fail("js/config.js does not say {wanted}.", wanted=wanted)


def _is_website(account: Account, bucket: str) -> bool:
    try:
        website = account.read("s3", "get_bucket_website", Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchWebsiteConfiguration":
            raise
        return False
    return bool(website.get("IndexDocument", {}).get("Suffix") == "index.html")


@check(
    permissions=[
        "cloudfront:GetCloudFrontOriginAccessIdentity",
        "cloudfront:GetDistributionConfig",
        "cloudfront:ListDistributions",
        "cloudfront:ListOriginAccessControls",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:ListAliases",
        "kms:ListGrants",
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListParents",
        "organizations:ListPoliciesForTarget",
        "organizations:ListRoots",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketAcl",
        "s3:GetBucketLocation",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetObject",
        "s3:GetObjectAcl",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
    ]
)
def is_hosted(account: Account, *, bucket: str) -> None:
    """The page in {bucket} is served to everybody, as a website or by CloudFront."""
    website, front = _is_website(account, bucket), distributions.find(account, bucket)
    if not website and front is None:
        raise Fail("{bucket} is no website with index.html as its index, and no distribution serves it.", bucket=bucket)
    if website:
        try:
            website_public_read.function(account, bucket=bucket)
        except Fail:
            if front is None:
                raise
        else:
            return
    if front is not None:
        config = account.read("cloudfront", "get_distribution_config", Id=front.id)["DistributionConfig"]
        root = config.get("DefaultRootObject", "")
        if root != "index.html":
            raise Fail("The default root object of {front} is {root}.", front=front.called, root=root or "not set")
        origin_private.function(account, bucket=bucket)


@check(permissions=["apigateway:GET", "lambda:GetFunctionConfiguration", "lambda:ListFunctions", "lambda:GetPolicy"])
def lets_in_only(account: Account, *, api: str, function: str, alias: str, method: str, path: str) -> None:
    """{function} lets no other API in than {api}."""
    found = apis.the_api(account, api, "REST")
    functions.the_function(account, function)
    here = f"arn:aws:execute-api:{account.region}:{account.account_id}"

    def refused(ident: str) -> str:
        source = f"{here}:{ident}/prod/{method}/{path}"
        return functions.invoke_refusal(account, function, alias, service=apis.SERVICE, source=source)

    why = refused(found.id)
    if why:
        raise Fail("{function} does not let {api} in: {why}.", function=function, api=api, why=why)
    if not refused("other1234a"):
        raise Fail(
            "{function} lets other APIs in.",
            looked_at="the policy of {function}",
            needed="A source ARN that names {id}, which is {api}.",
            function=function,
            api=api,
            id=found.id,
        )


@check(permissions=["dynamodb:Scan"])
def was_ordered(account: Account, *, table: str, place: str) -> None:
    """A ride to {place} is in {table}, with an id."""
    items = account.read("dynamodb", "scan", TableName=table, ConsistentRead=True)["Items"]
    if not any(one.get("Place") == {"S": place} and one.get("RideId", {}).get("S") for one in items):
        raise Fail("No ride to {place} is in {table}.", place=place, table=table)

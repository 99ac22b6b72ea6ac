"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"""

import re

from graders import Account, Fail, check, instances, regexes
from graders.regexes import Pattern

SECRETS = re.compile(r"AKIA[0-9A-Z]{16}|aws_secret_access_key|password\s*=", re.IGNORECASE)


@check(permissions=[*instances.PERMISSIONS, "ec2:DescribeInstanceAttribute"])
def instance_boots_with(
    account: Account, *, instance: str, contains: list[Pattern] | None = None, absent: list[Pattern] | None = None
) -> None:
    """{instance} sets itself up at its first boot, by user data.

    The user data is a script (#! on its first line) or a #cloud-config, holds every regular expression of `contains`
    (in any case), none of `absent`, and no key or password. Name several ways with |: "httpd|nginx|apache2".
    """
    found = instances.the_instance(account, instance)
    text = instances.user_data(account, found["InstanceId"])
    missing = [one for one in contains or [] if not regexes.search(one, text, re.IGNORECASE)]
    wrong = [one for one in absent or [] if regexes.search(one, text, re.IGNORECASE)]
    first = text.lstrip("\n").partition("\n")[0][:60]
    if not text:
        said = "{instance} has no user data."
    elif SECRETS.search(text):
        said = "The user data of {instance} holds a secret: whoever may describe the instance reads it."
    elif not text.startswith(
        ("#!", "#cloud-config", "Content-Type: multipart", "#include", "<powershell>", "<script>")
    ):
        said = "The user data of {instance} begins with {first}: cloud-init runs no such thing."
    elif missing:
        said = "The user data of {instance} does nothing with {missing}."
    elif wrong:
        said = "The user data of {instance} has {wrong} in it."
    else:
        return
    raise Fail(
        said,
        looked_at="the user data of {instance} ({id}), decoded",
        needed="A script whose first line is #!/bin/bash (or a #cloud-config) that does what the task says.",
        try_="User data runs at the first boot: launch the instance anew with --user-data file://…",
        counterexample="" if text.startswith("#") else "After its first boot nothing is installed on {instance}.",
        instance=instance,
        id=found["InstanceId"],
        first=repr(first),
        missing=missing,
        wrong=wrong,
    )

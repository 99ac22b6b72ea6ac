"""IAM: who there is, and what each may do."""

from labs.explorer.model import Service
from labs.explorer.services.iam.account import PASSWORDS, PROVIDER
from labs.explorer.services.iam.groups import GROUP
from labs.explorer.services.iam.policies import POLICY
from labs.explorer.services.iam.roles import PROFILE, ROLE
from labs.explorer.services.iam.users import USER

SERVICE = Service(
    "iam",
    "IAM",
    "Who there is, and what each may do.",
    (USER, GROUP, ROLE, POLICY, PROFILE, PROVIDER, PASSWORDS),
    everywhere=True,
)

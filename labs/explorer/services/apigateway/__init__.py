"""API Gateway (REST): resources and methods, and what answers them."""

from labs.explorer.model import Service
from labs.explorer.services.apigateway.apis import API
from labs.explorer.services.apigateway.plans import KEY, PLAN

SERVICE = Service(
    "apigateway", "API Gateway", "HTTPS addresses for functions and services (REST APIs).", (API, PLAN, KEY)
)

"""DynamoDB: tables of items, found by their keys."""

from labs.explorer.model import Service
from labs.explorer.services.dynamodb.tables import TABLE

SERVICE = Service("dynamodb", "DynamoDB", "Tables of items, found by their keys.", (TABLE,))

"""Tags of the Resources tab."""

from __future__ import annotations

from django import template

from labs.explorer import showing
from labs.explorer.model import Kind, Service, Thing

register = template.Library()


@register.simple_tag
def thing_address(service: Service, kind: Kind, thing: Thing) -> str:
    """Return a thing's address within the page."""
    return showing.address(service.id, kind.id, thing.id)


@register.filter
def within(words: str) -> str:
    """Return a name as it stands within a sentence: "Buckets" are buckets, and a "DB instance" stays one."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words

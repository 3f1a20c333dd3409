"""How is a sentence with placeholders filled in within a template?"""

from typing import Any

from django import template
from django.utils.html import conditional_escape

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: template.Context, sentence: str, **values: Any) -> str:
    """The sentence with its placeholders filled in, each escaped where the template escapes."""
    escape = conditional_escape if context.autoescape else str
    return sentence.format(**{name: escape(value) for name, value in values.items()})

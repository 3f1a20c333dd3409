"""Template tag that fills in a sentence with placeholders."""

from typing import Any

from django import template
from django.utils.html import format_html

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: template.Context, sentence: str, **values: Any) -> str:
    """The sentence with its placeholders filled in, each escaped where the template escapes."""
    return format_html(sentence, **values) if context.autoescape else sentence.format(**values)

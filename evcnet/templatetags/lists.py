"""Template filter of lists: cells whose looks are said once in the style sheet, and not in forty classes of each."""

from django import template
from django.utils.safestring import SafeString, mark_safe
from unfold.templatetags.unfold_list import CHECKBOX_CLASSES, LINK_CLASSES, ROW_CLASSES

register = template.Library()
SHORT = {
    " ".join(ROW_CLASSES): "evc-list-cell",
    " ".join(CHECKBOX_CLASSES): "action-checkbox evc-list-cell",
    f'class="{" ".join(LINK_CLASSES)}" >': 'class="evc-list-cell-link">',
}


@register.filter
def lean(cell: SafeString) -> SafeString:
    """A cell as Unfold renders it, with the classes of ours; a tenth of the bytes. Its label begins as its heading does."""
    text: str = cell
    for long, short in SHORT.items():
        text = text.replace(long, short)
    begin, mark, label = text.partition('data-label="')
    return mark_safe(begin + mark + label[:1].upper() + label[1:])

"""Template filter for browsers: what one says of itself, in words."""

from django import template

register = template.Library()

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "a Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
"""The first that is named counts: Edge calls itself Chrome too, and each of them Safari."""


@register.filter
def browser_in_words(user_agent: str) -> str:
    """“Firefox on Windows”; what is not known is told as it was said."""
    browser, system = (
        next((words for named, words in known.items() if named in user_agent), "") for known in (BROWSERS, SYSTEMS)
    )
    if browser and system:
        return f"{browser} on {system}"
    return user_agent[:100] or "unknown browser"

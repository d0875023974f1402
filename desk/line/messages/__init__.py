"""What the chat shows, as messages of LINE; pure, without database and network.

`line_messages` turns the bubbles of a turn into messages that LINE takes, `problems` says what
it would refuse, `as_text` is the way out if it refuses all the same.
"""

from desk.line.messages.bubble import Bubble
from desk.line.messages.choices import PAYLOAD_MARK
from desk.line.messages.compose import Link, line_messages, link_message
from desk.line.messages.limits import problems
from desk.line.messages.plain import as_text

__all__ = ["PAYLOAD_MARK", "Bubble", "Link", "as_text", "line_messages", "link_message", "problems"]

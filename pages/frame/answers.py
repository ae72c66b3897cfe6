"""Answers that a browser waits for are kept when a new run of a page begins.

Streamlit empties its queue to the browser when a run begins, except for what tells of runs
(`ForwardMsgQueue.clear`, version 1.67). Where a browser has just asked to what address it may send
a file, the answer is thrown away with the rest: the browser waits for ever, and the file that the
reader gave is lost without a word. That happens to whoever gives two files in quick succession.
"""

from __future__ import annotations

from functools import wraps
from typing import Any, Final

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

ANSWERS: Final = frozenset({"file_urls_response", "backend_operation_response"})


def keep() -> None:
    """From now on no queue of this process loses an answer; once is enough, twice does no harm."""
    if not hasattr(ForwardMsgQueue.clear, "__wrapped__"):
        ForwardMsgQueue.clear = _keeping(ForwardMsgQueue.clear)  # type: ignore[method-assign]


def _keeping(clear: Any) -> Any:
    @wraps(clear)
    def kept(queue: Any, retain_lifecycle_msgs: bool = False, *others: Any, **named: Any) -> None:
        before: list[ForwardMsg] = queue._queue if retain_lifecycle_msgs else []
        answers = [one for one in before if one.WhichOneof("type") in ANSWERS]
        clear(queue, retain_lifecycle_msgs, *others, **named)
        here = set(map(id, queue._queue))
        queue._queue[:0] = [one for one in answers if id(one) not in here]

    return kept

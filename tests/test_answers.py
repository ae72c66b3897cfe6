"""The answer that a browser waits for outlives the beginning of a run."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.frame import answers


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> ForwardMsgQueue:
    """A queue with an answer between two pieces of a page."""
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
    answers.keep()
    filled = ForwardMsgQueue()
    filled.enqueue(piece(0))
    answer = ForwardMsg()
    answer.file_urls_response.response_id = "mine"
    filled.enqueue(answer)
    filled.enqueue(piece(1))
    return filled


def piece(place: int) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path[:] = [0, place]
    message.delta.new_element.markdown.body = str(place)
    return message


def kinds(queue: ForwardMsgQueue) -> list[str | None]:
    return [message.WhichOneof("type") for message in queue.flush()]


def test_a_run_that_begins_takes_no_answer_with_it(queue: ForwardMsgQueue) -> None:
    queue.clear(retain_lifecycle_msgs=True)
    queue.enqueue(piece(0))
    queue.enqueue(piece(0))
    assert kinds(queue) == ["file_urls_response", "delta"]


def test_no_answer_is_given_twice_where_streamlit_keeps_it_itself(queue: ForwardMsgQueue) -> None:
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["one"])
    assert kinds(queue).count("file_urls_response") == 1


def test_what_was_sent_is_gone(queue: ForwardMsgQueue) -> None:
    assert kinds(queue) == ["delta", "file_urls_response", "delta"]
    assert kinds(queue) == []


def test_it_is_put_around_once(queue: ForwardMsgQueue) -> None:
    around = ForwardMsgQueue.clear
    answers.keep()
    assert ForwardMsgQueue.clear is around

"""A file that a reader brought, read once and kept while they are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from attention_core.errors import AttentionError
from pages.frame import ask, session
from pages.frame.link import Kept

Thing = TypeVar("Thing")


class Brought(NamedTuple, Generic[Thing]):
    """What a reader brought. of: which file it was read from"""

    of: str
    thing: Thing


def brought(
    file: UploadedFile | None, read: Callable[[Hashable, bytes], Thing], key: str,
    about: Sequence[Kept],
) -> Thing | None:  # fmt: skip
    """What is in a file, the one before while there is none, or None after saying what was wrong.

    read   who asks, and the file's bytes, to what is in it; may raise AttentionError
    about  choices about places in it: forgotten when another file comes
    """
    before: Brought[Thing] | None = st.session_state.get(key)
    if file is None:
        return before.thing if before else None
    if before is None or before.of != file.file_id:
        try:
            thing = read(session.reader(), file.getvalue())
        except AttentionError as problem:
            st.info(ask.said(problem), icon=":material/info:")
            return None
        ask.forget(about)
        before = st.session_state[key] = Brought(file.file_id, thing)
    return before.thing

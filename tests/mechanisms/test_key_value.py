"""Key–value attention."""

from __future__ import annotations

import torch

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.families.key_value import KeyValue
from tests.mechanisms.builder import by_hand
from tests.mechanisms.inputs import inputs, made
from tests.mechanisms.test_additive import additive_by_hand

by_hand("key_value", lambda: KeyValue(11, 13, 17), query=11, key=13, value=19)(additive_by_hand)


def test_where_keys_are_values_key_value_attention_is_additive() -> None:
    mechanism, given = made("key_value"), inputs("key_value")
    assert isinstance(mechanism, KeyValue)
    plain = Additive(11, 13, 17).double()
    plain.load_state_dict(mechanism.state_dict())
    torch.testing.assert_close(
        mechanism(given.query, given.key, None, given.allowed).context,
        plain(given.query, given.key, given.key, given.allowed).context,
    )

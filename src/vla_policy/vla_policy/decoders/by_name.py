"""The decoders that a card can name."""

from __future__ import annotations

from typing import Any

from vla_core.errors import UserError
from vla_policy.decoders.flow import FlowDecoder
from vla_policy.decoders.protocol import Decoder, DecoderMaker
from vla_policy.decoders.regress import RegressDecoder

DECODERS: dict[str, DecoderMaker] = {'flow': FlowDecoder, 'regress': RegressDecoder}


def decoder_of(spec: dict[str, Any]) -> Decoder:
    """The decoder of a card: its name, and the arguments of its class. UserError lists the known
    ones."""
    given = dict(spec)
    name = given.pop('name', '')
    if name not in DECODERS:
        raise UserError(f'no decoder {name!r}; known: {", ".join(DECODERS)}')
    try:
        return DECODERS[name](**given)
    except (TypeError, ValueError) as error:
        raise UserError(f'decoder {name}: {error}') from error

"""The host of the decoders: exact prefix, masks by group, time by token, taps."""

import pytest
import torch
from torch import nn

from vla_policy.decoders.flow import FlowDecoder
from vla_policy.decoders.protocol import DecoderNeeds
from vla_policy.decoders.regress import RegressDecoder
from vla_policy.tokens.group import TokenGroup
from vla_policy.trunk.masks import AttentionTable
from vla_policy.trunk.model import PolicyTrunk, TrunkParams
from vla_policy.trunk.prefix import all_present
from vla_policy.trunk.taps import PREFIX, SUFFIX, FeatureTaps

SIZE = TrunkParams(columns=3, horizon=4, width=16, heads=2, prefix_layers=2, suffix_layers=2)
WORDS, IMAGE, HAND = 'words', 'scene', 'proprioception'


class WrittenOut(FlowDecoder):
    needs = DecoderNeeds(has_noise=True, needs_derivative=True)


def seeded(decoder, table=None):
    """A trunk of which every layer does something, also those that begin as zeros."""
    torch.manual_seed(0)
    model = PolicyTrunk(SIZE, decoder, table)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


def groups(batch=2, seed=1, **counts):
    random = torch.Generator().manual_seed(seed)
    counts = {WORDS: 5, IMAGE: 6, HAND: 1, **counts}
    tokens = {
        name: torch.randn(batch, n, SIZE.width, generator=random) for name, n in counts.items()
    }
    return [TokenGroup(name, part, all_present(part)) for name, part in tokens.items()]


def changed(given, name, index):
    """The groups with another token at one place."""
    made = []
    for group in given:
        tokens = group.tokens.clone()
        if group.name == name:
            tokens[:, index] += 3.0
        made.append(TokenGroup(group.name, tokens, group.present))
    return made


def noise(count, seed=2):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, SIZE.horizon, SIZE.columns, generator=random)


@torch.no_grad()
def test_candidates_share_the_prefix_exactly():
    model, given, start = seeded(FlowDecoder()), groups(2), noise(6)
    prefix = model.encode(given)
    together = model.sample(prefix, start)
    for k in range(6):
        row = k // 3
        alone = [TokenGroup(g.name, g.tokens[row : row + 1], g.present[:1]) for g in given]
        single = model.sample(model.encode(alone), start[k : k + 1])
        torch.testing.assert_close(together[k : k + 1], single, atol=1e-6, rtol=1e-5)


@torch.no_grad()
def test_the_prefix_sees_neither_noise_nor_time():
    model, given = seeded(FlowDecoder()), groups()
    before = model.encode(given)
    kept = [part.clone() for pair in before.keys for part in pair]
    model.sample(before, noise(2))
    assert all(map(torch.equal, kept, [part for pair in before.keys for part in pair]))


@torch.no_grad()
def test_attention_written_out_is_the_fused_one():
    fused, written = seeded(FlowDecoder()), seeded(WrittenOut())
    assert fused.suffix.blocks[0].attention.is_fused
    assert not written.suffix.blocks[0].attention.is_fused
    start = noise(2)
    made = [model.sample(model.encode(groups()), start) for model in (fused, written)]
    torch.testing.assert_close(*made, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize(('name', 'sees'), [(WORDS, False), (IMAGE, True), (HAND, True)])
def test_a_group_that_the_actions_do_not_attend_to_changes_nothing(name, sees):
    table = AttentionTable({
        'actions': (IMAGE, HAND, 'actions'), IMAGE: (IMAGE,), HAND: (HAND, IMAGE),
    })  # fmt: skip
    model, given, start = seeded(FlowDecoder(), table), groups(), noise(2)
    before, after = (
        model.sample(model.encode(each), start) for each in (given, changed(given, name, 0))
    )
    assert torch.equal(before, after) != sees


@torch.no_grad()
def test_a_token_that_is_not_present_changes_nothing_and_makes_no_nan():
    model, given = seeded(FlowDecoder()), groups()
    words = given[0]
    present = words.present.clone()
    present[:, 3:] = False
    padded = [TokenGroup(WORDS, words.tokens, present), *given[1:]]
    start = noise(2)
    before, after = (
        model.sample(model.encode(each), start) for each in (padded, changed(padded, WORDS, 4))
    )
    assert torch.equal(before, after)
    nothing = [TokenGroup(g.name, g.tokens, torch.zeros_like(g.present)) for g in given]
    assert torch.isfinite(model.sample(model.encode(nothing), start)).all()


def test_a_table_that_names_an_unknown_group_is_refused_with_the_known():
    model = seeded(FlowDecoder(), AttentionTable({WORDS: ('wrds',)}))
    with pytest.raises(ValueError, match=r"names \['wrds'\]; groups: .*scene.*words"):
        model.encode(groups())


def test_a_group_twice_is_refused():
    model, given = seeded(FlowDecoder()), groups()
    with pytest.raises(ValueError, match='stands twice'):
        model.encode([*given, given[0]])


@torch.no_grad()
def test_every_row_has_a_time_of_its_own():
    model, rows = seeded(FlowDecoder()), noise(2)
    prefix = model.encode(groups())
    time = torch.full((2, SIZE.horizon), 0.3)
    shared = model.suffix(rows, time, prefix)
    time[:, -1] = 0.9
    own = model.suffix(rows, time, prefix)
    assert not torch.allclose(shared[:, -1], own[:, -1], atol=1e-4)
    with pytest.raises(ValueError, match='4 rows of 3'):
        model.suffix(rows, time[:, :3], prefix)
    with pytest.raises(ValueError, match='no second time'):
        model.suffix(rows, time, prefix, second=time)


@torch.no_grad()
def test_taps_hold_every_layer_step_and_token():
    model, taps = seeded(FlowDecoder(steps=3)), FeatureTaps()
    model.sample(model.encode(groups(), taps), noise(2), taps)
    assert taps.all_of(PREFIX).shape == (2, 1, 2, 12, SIZE.width)
    assert taps.all_of(SUFFIX).shape == (2, 3, 2, SIZE.horizon, SIZE.width)
    assert not torch.equal(taps.get(SUFFIX, 1, 0), taps.get(SUFFIX, 1, 2))
    with pytest.raises(KeyError, match='no features of suffix step 3 layer 0: prefix step 0'):
        taps.get(SUFFIX, 0, 3)


@pytest.mark.parametrize('decoder', [FlowDecoder(), RegressDecoder()])
def test_a_chunk_of_which_nothing_is_known_is_refused(decoder):
    model, chunk = seeded(decoder), noise(2)
    with pytest.raises(ValueError, match='weights are all 0'):
        model.loss(groups(), chunk, torch.zeros_like(chunk))


@pytest.mark.parametrize('decoder', [FlowDecoder(), RegressDecoder()])
def test_what_is_not_known_of_a_chunk_teaches_nothing(decoder):
    model, chunk = seeded(decoder), noise(2)
    weight = torch.ones_like(chunk)
    weight[:, 2:] = 0.0
    other = chunk.clone()
    other[:, 2:] += 5.0
    losses = [
        model.loss(groups(), each, weight, torch.Generator().manual_seed(3))
        for each in (chunk, other)
    ]
    if isinstance(decoder, RegressDecoder):  # a row of flow sees the noisy rows beside it
        torch.testing.assert_close(*losses)
    assert all(torch.isfinite(loss) for loss in losses)

"""Two equally good ways, 70 to 30: flow takes both in their shares, regression gives one."""

import pytest
import torch

from vla_policy.decoders.flow import FlowDecoder
from vla_policy.decoders.regress import RegressDecoder
from vla_policy.tokens.group import TokenGroup
from vla_policy.trunk.model import PolicyTrunk, TrunkParams
from vla_policy.trunk.prefix import all_present

SIZE = TrunkParams(columns=1, horizon=2, width=16, heads=2, prefix_layers=1, suffix_layers=1)
SHARE = 0.7  # of the demonstrations, on the side +1
STEPS, BATCH = 250, 32
MANY = 1000


def observation(count):
    tokens = torch.zeros(count, 1, SIZE.width)
    return [TokenGroup('nothing', tokens, all_present(tokens))]


def chunks_after_training(decoder):
    """Values at the end of MANY chunks, after training on both ways."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = PolicyTrunk(SIZE, decoder)
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3)
    for _ in range(STEPS):
        side = torch.where(torch.rand(BATCH) < SHARE, 1.0, -1.0)
        chunk = side[:, None, None].expand(-1, SIZE.horizon, 1)
        loss = model.loss(observation(BATCH), chunk, torch.ones_like(chunk))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        noise = torch.randn(MANY, SIZE.horizon, 1)
        return model.sample(model.encode(observation(1)), noise)[:, -1, 0]


def test_flow_takes_each_way_as_often_as_the_demonstrations():
    values = chunks_after_training(FlowDecoder(steps=8))
    assert float(((values.abs() - 1.0).abs() < 0.35).float().mean()) > 0.9
    assert float((values > 0.0).float().mean()) == pytest.approx(SHARE, abs=0.08)


@pytest.mark.parametrize(('is_squared', 'value'), [(False, 1.0), (True, 2.0 * SHARE - 1.0)])
def test_regression_gives_one_chunk_the_median_or_the_mean(is_squared, value):
    values = chunks_after_training(RegressDecoder(is_squared=is_squared))
    assert float(values.std()) < 1e-6
    assert float(values.mean()) == pytest.approx(value, abs=0.15)

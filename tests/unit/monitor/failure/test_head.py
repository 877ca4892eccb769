"""Heads learn, and give equal scores incrementally and for a whole rollout."""

import dataclasses

import numpy as np
import pytest
import torch
from attempts import WIDTH, rollouts

from vla_monitor.failure import head
from vla_monitor.failure.head import HeadParams
from vla_monitor.failure.measure import within_auc
from vla_monitor.failure.traces import length_matched

KINDS = [('mlp', 'features'), ('lstm', 'features'), ('mlp', 'both')]


def fitted(kind, inputs):
    params = HeadParams(kind, inputs, hidden=16, epochs=40, rate=1e-2)
    return head.fit(params, rollouts(60, drift=0.3), seed=1)


@pytest.mark.parametrize(('kind', 'inputs'), KINDS)
def test_a_head_tells_failures_of_rollouts_it_has_not_seen(kind, inputs):
    test = length_matched(rollouts(60, seed=5, drift=0.3))
    made = fitted(kind, inputs)
    assert within_auc([made.score(t) for t in test], test) > 0.85


@pytest.mark.parametrize(('kind', 'inputs'), KINDS)
def test_streaming_equals_the_whole_and_looks_at_nothing_to_come(kind, inputs):
    made, trace = fitted(kind, inputs), rollouts(4)[1]
    stream = made.stream()
    each = [stream.step(f, s) for f, s in zip(trace.feature, trace.signal, strict=True)]
    np.testing.assert_allclose(each, made.score(trace), atol=1e-5)
    np.testing.assert_allclose(made.score(trace.cut(7)), made.score(trace)[:7], atol=1e-5)


def test_the_running_sum_never_falls_and_stays_below_the_count(made):
    scores = made.head.score(rollouts(4)[1])
    assert np.all(np.diff(scores) >= 0.0)
    assert np.all(scores < np.arange(1, len(scores) + 1))


def test_what_is_not_finite_gives_no_score(made):
    stream = made.head.stream()
    assert np.isnan(stream.step(np.full(WIDTH, np.nan), np.zeros(18)))
    assert np.isfinite(stream.step(np.zeros(WIDTH), np.zeros(18)))


def test_the_cost_of_the_running_sum_is_the_papers():
    logits = torch.tensor([[0.0, 0.0], [0.0, 0.0]])  # sigmoid 0.5: sums 0.5 and 1.0
    failed, weight = torch.tensor([0.0, 1.0]), torch.full((2, 2), 0.5)
    assert head.cost(logits, failed, weight, 'mlp').item() == pytest.approx((0.75 + 0.75) / 2)
    logits = torch.full((1, 2), 20.0)
    fails = head.cost(logits, torch.tensor([1.0]), weight[:1], 'mlp')
    assert fails.item() == pytest.approx(0.0, abs=1e-6)


def test_rare_outcomes_and_early_inferences_weigh_more():
    failed = torch.tensor([0.0, 0.0, 0.0, 1.0])
    weight = head.class_weights(failed)
    assert weight[3] > weight[0]
    assert weight.mean().item() == pytest.approx(1.0)
    steps = head.step_weights(torch.tensor([4, 4, 4, 2]), failed, 5.0)
    assert steps.sum(1).tolist() == pytest.approx([1.0] * 4)
    assert steps[0, 0] == steps[0, 3]
    assert steps[3, 0] > steps[3, 1] > 0.0
    assert steps[3, 2] == 0.0


def test_biases_are_not_pulled_to_zero(made):
    params = dataclasses.replace(made.head.params, decay=1.0)
    with torch.no_grad():
        before = head.penalty(made.head.net, params).item()
        made.head.net.last.bias.add_(3.0)
        after = head.penalty(made.head.net, params).item()
        made.head.net.last.bias.sub_(3.0)
    assert after == pytest.approx(before)

"""Pairing of colour and depth by stamp, without ROS."""

import numpy as np
import pytest

from vla_ros.camera.approximate_time_synchronizer import ApproximateTimeSynchronizer

PERIOD = 1 / 30  # s
COLOUR, DEPTH = 0, 1
SLOP = 0.005  # s, as for exposures that are the same


def pairs_of(synchronizer, arrivals):
    """The (colour, depth) frame numbers that match, when messages arrive in this order."""
    made = [synchronizer.put(topic, stamp, number) for topic, stamp, number in arrivals]
    return [pair for pair in made if pair is not None]


def late_depth(frames, offset=0.0, delay=0.0):
    """Arrivals of colour and depth whose stamp is `offset` s, whose arrival `delay` s later."""
    colour = [(k * PERIOD, COLOUR, k * PERIOD, k) for k in range(frames)]
    depth = [(k * PERIOD + offset + delay, DEPTH, k * PERIOD + offset, k) for k in range(frames)]
    return [arrival[1:] for arrival in sorted(colour + depth)]


def same(frames):
    return [(k, k) for k in range(frames)]


def test_depth_that_arrives_late_pairs_with_its_own_exposure():
    synchronizer = ApproximateTimeSynchronizer(10, SLOP)
    assert pairs_of(synchronizer, late_depth(100, delay=0.2)) == same(100)


@pytest.mark.parametrize('delay', [0.0, 0.02, 0.1])
def test_depth_stamped_40_ms_late_pairs_with_the_nearest_exposure(delay):
    synchronizer = ApproximateTimeSynchronizer()
    pairs = pairs_of(synchronizer, late_depth(100, offset=0.040, delay=delay))
    assert len(pairs) >= 96
    assert {colour - depth for colour, depth in pairs} == {1}
    assert synchronizer.pair_offset() == pytest.approx(0.040 - PERIOD)


def test_a_pair_of_two_exposures_is_made_as_soon_as_the_second_one_comes():
    """The next colour image cannot be nearer: the period is known."""
    synchronizer = ApproximateTimeSynchronizer()
    made = [
        topic for topic, stamp, k in late_depth(30, offset=0.040)
        if synchronizer.put(topic, stamp, k) and k > 2
    ]  # fmt: skip
    assert set(made) == {DEPTH}


@pytest.mark.parametrize('lost', ['colour', 'depth'])
@pytest.mark.parametrize('delay', [0.0, 0.04])
def test_a_lost_image_does_not_pair_its_partner_with_another_exposure(lost, delay):
    """Pairing at once would pair it with the next exposure, and so each one from then on."""
    synchronizer = ApproximateTimeSynchronizer()
    topic = {'colour': COLOUR, 'depth': DEPTH}[lost]
    arrivals = late_depth(100, delay=delay)
    pairs = pairs_of(synchronizer, [a for a in arrivals if a[0] != topic or a[2] % 5 or not a[2]])
    assert len(pairs) >= 79
    assert all(colour == depth for colour, depth in pairs)


def test_a_narrow_slop_pairs_none_of_them_and_tells_the_offset():
    synchronizer = ApproximateTimeSynchronizer(10, SLOP)
    assert pairs_of(synchronizer, late_depth(60, offset=0.040)) == []
    assert synchronizer.unpaired == 60
    assert synchronizer.offset() == pytest.approx(0.040 - PERIOD)


def test_the_offset_of_a_slow_camera_is_that_to_the_colour_before():
    synchronizer = ApproximateTimeSynchronizer()
    for k in range(8):
        synchronizer.put(COLOUR, 1.0 + 0.2 * k, k)
        assert synchronizer.put(DEPTH, 1.085 + 0.2 * k, k) is None
    assert synchronizer.offset() == pytest.approx(0.085)
    assert synchronizer.pair_offset() is None


@pytest.mark.parametrize('offset', [-0.0049, 0.0, 0.0049])
def test_exposures_within_the_slop_pair(offset):
    synchronizer = ApproximateTimeSynchronizer(10, SLOP)
    assert pairs_of(synchronizer, late_depth(50, offset=offset)) == same(50)


@pytest.mark.parametrize('seed', range(20))
def test_messages_out_of_order_and_lost_are_never_paired_wrongly_or_twice(seed):
    dice = np.random.default_rng(seed)
    arrivals = [a for a in late_depth(200, delay=0.01) if dice.random() < 0.8]
    order = np.argsort(np.arange(len(arrivals)) + dice.uniform(0.0, 3.0, len(arrivals)))
    pairs = pairs_of(ApproximateTimeSynchronizer(10, SLOP), [arrivals[k] for k in order])
    assert all(colour == depth for colour, depth in pairs)
    assert pairs == sorted(set(pairs))
    assert len(pairs) >= 100  # 0.64 of 200 have both; few are overtaken by the next match


def test_the_same_stamp_is_preferred_to_a_near_one():
    synchronizer = ApproximateTimeSynchronizer(10, 0.05)
    arrivals = [(DEPTH, 0.98, 'near'), (COLOUR, 1.0, 'colour'), (DEPTH, 1.0, 'same')]
    assert pairs_of(synchronizer, arrivals) == [('colour', 'same')]
    assert synchronizer.put(COLOUR, 1.01, 'next') is None  # 'near' was dropped


def test_the_queue_keeps_the_newest():
    synchronizer = ApproximateTimeSynchronizer(3, SLOP)
    for k in range(10):
        synchronizer.put(COLOUR, 1.0 + k, k)
    assert synchronizer.put(DEPTH, 7.0, 'gone') is None
    assert synchronizer.put(DEPTH, 8.0, 'kept') == (7, 'kept')


def test_a_clock_set_back_clears_the_queues():
    synchronizer = ApproximateTimeSynchronizer(10, SLOP)
    assert pairs_of(synchronizer, [(COLOUR, 100.0, 'a'), (DEPTH, 100.0, 'b')]) == [('a', 'b')]
    synchronizer.put(COLOUR, 100.1, 'of before')
    assert pairs_of(synchronizer, [(COLOUR, 5.0, 'c'), (DEPTH, 5.0, 'd')]) == [('c', 'd')]
    assert synchronizer.put(DEPTH, 100.1, 'e') is None


def test_a_stamp_that_is_not_a_number_is_dropped():
    synchronizer = ApproximateTimeSynchronizer(1, SLOP)
    arrivals = [(COLOUR, 1.0, 'a'), (COLOUR, float('nan'), 'b'), (DEPTH, 1.0, 'c')]
    assert pairs_of(synchronizer, arrivals) == [('a', 'c')]


@pytest.mark.parametrize('back', [0.005, 0.2, 0.9])
def test_a_pair_older_than_the_last_is_dropped(back):
    synchronizer = ApproximateTimeSynchronizer()
    arrivals = [(COLOUR, 5.0, 'a'), (DEPTH, 5.0, 'b')]
    assert pairs_of(synchronizer, arrivals) == [('a', 'b')]
    older = [(COLOUR, 5.0 - back, 'c'), (DEPTH, 5.0 - back, 'd')]
    assert pairs_of(synchronizer, older) == []

"""The text of `./vla doctor --live`."""

import pytest

from vla_bringup.graph.live_view import LiveView, TopicView
from vla_core.records.safety import Heartbeat

CONTROL = Heartbeat(1.0, 'control', 1, False, detail='no joint states: lacks elbow_joint')
SHIELD = Heartbeat(1.0, 'shield', 1, True, detail='3 messages of votes dropped, last: ttl is -1')


def test_nodes_with_their_problems_and_topics_with_their_publishers():
    topics = (TopicView('target', 99.96, ('/control', '/rogue')), TopicView('scene', 0.0, ()))
    view = LiveView({'shield': SHIELD, 'control': CONTROL}, topics)
    assert [' '.join(line.split()) for line in view.lines()] == [
        'FAULT control active no joint states: lacks elbow_joint',
        'ok shield active 3 messages of votes dropped, last: ttl is -1',
        '',
        '100.0 Hz target /control, /rogue',
        '0.0 Hz scene no publisher',
    ]


@pytest.mark.parametrize(
    ('nodes', 'is_healthy'),
    [({}, False), ({'shield': SHIELD}, True), ({'shield': SHIELD, 'control': CONTROL}, False)],
)
def test_a_graph_is_healthy_when_every_node_is(nodes, is_healthy):
    assert LiveView(nodes, ()).is_healthy == is_healthy

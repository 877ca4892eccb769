"""Dropped messages are counted, named in the log without a flood, and in the heartbeat."""

from vla_ros.heartbeat import HeartbeatBuilder
from vla_ros.refusals import Refusals


class Log:
    def __init__(self):
        self.now, self.lines = 100.0, []
        self.refusals = Refusals(self.lines.append, lambda: self.now)

    def put(self, reason, topic='joint_states', seconds=0.0):
        self.now += seconds
        self.refusals.put(topic, reason)


def test_the_same_reason_is_logged_once_in_ten_seconds_and_a_new_one_at_once():
    log = Log()
    for _ in range(1000):
        log.put('lacks elbow_joint')
    log.put('has no stamp')
    log.put('has no stamp', seconds=9.0)
    log.put('has no stamp', seconds=1.0)
    assert log.lines == [
        'joint_states: lacks elbow_joint',
        'joint_states: has no stamp',
        'joint_states: has no stamp',
    ]
    assert log.refusals.topics['joint_states'].count == 1003


def test_recent_refusals_are_named_by_topic_until_they_are_old():
    log = Log()
    log.put('has no stamp')
    log.put('has no stamp')
    log.put('scale is nan', topic='votes', seconds=6.0)
    assert log.refusals.recent() == (
        '2 messages of joint_states dropped, last: has no stamp; '
        '1 messages of votes dropped, last: scale is nan'
    )
    log.now += 5.0
    assert log.refusals.recent() == '1 messages of votes dropped, last: scale is nan'
    log.now += 10.0
    assert log.refusals.recent() == ''


def test_a_heartbeat_names_the_problem_and_what_was_dropped():
    builder = HeartbeatBuilder('control', 0.05)
    assert builder.next(1.0, 'active', '', '', '').detail == ''
    beat = builder.next(1.0, 'active', '', 'factor 1.00', '2 dropped')
    assert (beat.healthy, beat.detail) == (True, 'factor 1.00; 2 dropped')
    beat = builder.next(1.0, 'active', 'no joint states', '', '2 dropped')
    assert (beat.healthy, beat.detail) == (False, 'no joint states; 2 dropped')
    assert builder.next(1.0, 'inactive', '', '', '2 dropped').detail == 'is inactive; 2 dropped'

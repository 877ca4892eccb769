"""What becomes of a message on its way in."""

from vla_interfaces import msg
from vla_ros import topics
from vla_ros.links import Links
from vla_ros.serialize import message_to_bytes


def test_whoever_asked_hears_what_is_wrong_with_a_bad_message():
    complaints, records, refused = [], [], []
    links = Links(None, complaints.append)
    receive = links._checked_by(topics.TARGET, records.append, refused.append)
    receive(message_to_bytes(msg.Target(names=['a'], position=[0.0, 1.0], velocity=[0.0])))
    assert records == []
    assert refused == ['position, velocity and names differ in length']
    assert complaints == [f'target: {refused[0]}']

"""What is wrong is answered before it is logged."""

from vla_ros.deferred_log import DeferredErrorLog


class Logger:
    def __init__(self):
        self.said = []

    def error(self, text, throttle_duration_sec):
        self.said.append((text, throttle_duration_sec))


def test_nothing_is_logged_before_the_cycle_is_over_and_then_the_first_once():
    logger = Logger()
    log = DeferredErrorLog(logger)
    log.put('position is not finite')
    log.put('names are missing')
    assert logger.said == []
    log.flush()
    log.flush()
    assert logger.said == [('position is not finite', 1.0)]
    log.put('names are missing')
    log.flush()
    assert logger.said[1:] == [('names are missing', 1.0)]

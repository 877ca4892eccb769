"""When control may send, and when it asks for the arm."""

from vla_control.lease_keeper import LeaseKeeper
from vla_core.records.lease import Lease, Leases


def keeper(holder, now=10.0):
    made = LeaseKeeper('/control', ('arm',))
    made.on_leases(Leases(now, (Lease('arm', holder),)), now)
    return made


def test_a_silent_shield_grants_nothing():
    assert 'does not publish' in LeaseKeeper('/control', ('arm',)).fault(1.0)
    assert 'does not publish' in keeper('/control').fault(12.5)
    assert not LeaseKeeper('/control', ('arm',)).must_request(1.0)


def test_the_holder_sends_and_asks_for_nothing():
    made = keeper('/control')
    assert made.fault(10.1) == ''
    assert not made.must_request(10.1)


def test_a_free_arm_is_requested_now_and_then():
    made = keeper('')
    assert made.fault(10.0) == 'arm is held by nobody'
    assert [made.must_request(10.0 + 0.1 * k) for k in range(4)] == [True, False, False, True]
    assert made.must_request(1.0)  # the clock has jumped back


def test_an_arm_that_a_person_holds_is_not_requested():
    made = keeper('/gamepad')
    assert made.fault(10.0) == 'arm is held by /gamepad'
    assert not made.must_request(10.0)

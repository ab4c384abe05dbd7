"""When a Redis may start, and as what: the measured rules, as a table."""

import sys
from pathlib import Path

import pytest

IMAGE = Path(__file__).parents[3] / "demo" / "jewelry-shop" / "images" / "jewelry-shop-redis"
sys.path.insert(0, str(IMAGE))
try:
    from roles import Peer, View, decide
    from surroundings import peer_of
finally:
    sys.path.remove(str(IMAGE))

LEFT = Peer("redis-1", "slave", keys=9, link_down_seconds=2)  # lost its master two seconds ago
FRESH = Peer("redis-2", "slave", keys=9, link_down_seconds=-1)  # started itself, and never had one
EMPTY = Peer("redis-1", "slave", keys=0, link_down_seconds=-1)
BLANK = Peer("redis-2", "slave", keys=0, link_down_seconds=-1)
MASTER = Peer("redis-2", "master", keys=9, link_down_seconds=-1)

ME, ANOTHER = "redis-0", "redis-2"
HOLD = {"said": (ME, ME, ME)}


def view(**known):
    usual = {"me": ME, "first": True, "said": (), "silent_rounds": 0, "peers": (), "peers_expected": 2}
    return View(**(usual | {"own_data": False, "held_seconds": 0.0} | known))


@pytest.mark.parametrize(
    ("known", "role"),
    [
        # rule 1: another master
        ({"said": (ANOTHER, ANOTHER, ANOTHER)}, "replica"),
        ({"said": (ANOTHER, ANOTHER)}, "replica"),
        ({"said": (ME, ANOTHER, ANOTHER)}, "replica"),
        # not two of one mind
        ({"said": (ANOTHER,)}, "wait"),
        ({"said": (ME, ANOTHER)}, "wait"),
        ({"said": (ME,), "own_data": True, "held_seconds": 60}, "wait"),
        # rule 2: hold
        (HOLD | {"own_data": True, "peers": (LEFT, FRESH), "held_seconds": 14.9}, "wait"),
        (HOLD | {"own_data": True, "peers": (FRESH,), "held_seconds": 3.9}, "wait"),
        (HOLD | {"own_data": False, "peers": (LEFT, FRESH), "held_seconds": 60}, "wait"),
        (HOLD | {"own_data": False, "peers": (FRESH,), "held_seconds": 60}, "wait"),
        (HOLD | {"own_data": False, "peers": (EMPTY,), "held_seconds": 3}, "wait"),
        (HOLD | {"own_data": False, "peers": (), "held_seconds": 14}, "wait"),
        # (a) nobody could take over
        (HOLD | {"own_data": True, "peers": (FRESH,), "held_seconds": 4.0}, "master"),
        (HOLD | {"own_data": True, "peers": (), "held_seconds": 4.0}, "master"),
        # (b) nobody did
        (HOLD | {"own_data": True, "peers": (LEFT, FRESH), "held_seconds": 15.0}, "master"),
        (HOLD | {"own_data": False, "peers": (EMPTY,), "held_seconds": 15.0}, "master"),
        (HOLD | {"own_data": False, "peers": (), "held_seconds": 15.0}, "master"),
        # (b) a Sentinel in tilt may still do it
        (HOLD | {"own_data": True, "peers": (LEFT, FRESH), "held_seconds": 44.9, "tilt": True}, "wait"),
        (HOLD | {"own_data": True, "peers": (LEFT, FRESH), "held_seconds": 45.0, "tilt": True}, "master"),
        # a new cluster: all answer, all are empty, none has lost a master
        (HOLD | {"peers": (EMPTY, BLANK)}, "master"),
        (HOLD | {"own_data": True, "peers": (EMPTY, BLANK)}, "master"),
        (HOLD | {"peers": (EMPTY._replace(link_down_seconds=0), BLANK), "held_seconds": 14}, "wait"),
        # rule 3: no Sentinel
        ({"silent_rounds": 2}, "wait"),
        ({"silent_rounds": 3}, "master"),
        ({"silent_rounds": 3, "first": False}, "wait"),
        ({"silent_rounds": 3, "peers": (MASTER,)}, "replica"),
        ({"silent_rounds": 9, "first": False, "peers": (EMPTY, MASTER)}, "replica"),
    ],
)
def test_a_redis_starts_only_when_no_acknowledged_write_can_be_lost(known, role):
    decision = decide(view(**known))

    assert decision.role == role, decision.why


def test_a_replica_follows_the_one_that_was_named():
    assert decide(view(said=(ANOTHER, ANOTHER))).of == ANOTHER
    assert decide(view(silent_rounds=3, peers=(MASTER,))).of == "redis-2"


@pytest.mark.parametrize(
    ("said", "uptime", "meant"),
    [
        ("master_link_status:up", 90, -1),
        ("master_link_status:down\r\nmaster_link_down_since_seconds:-1", 3, -1),  # Redis 7, never linked
        ("master_link_status:down\r\nmaster_link_down_since_seconds:1795266447", 3, -1),  # Redis 6.2, never linked
        ("master_link_status:down\r\nmaster_link_down_since_seconds:2", 90, 2),
        ("master_link_status:down\r\nmaster_link_down_since_seconds:0", 90, 0),
    ],
)
def test_a_replica_that_never_had_a_link_is_told_from_one_that_lost_it(said, uptime, meant):
    sections = (f"role:slave\r\n{said}", "db0:keys=7,expires=1\r\ndb1:keys=2,expires=0", f"uptime_in_seconds:{uptime}")

    assert peer_of("redis-1", *sections) == Peer("redis-1", "slave", 9, meant)

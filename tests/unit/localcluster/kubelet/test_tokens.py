"""Service account tokens and their renewal."""

import asyncio
import time

from localcluster.kubelet import tokens
from localcluster.kubelet.tokens import Tokens

POD = {"metadata": {"namespace": "shop", "name": "web", "uid": "u"}, "spec": {"serviceAccountName": "till"}}


class Mint:
    def __init__(self):
        self.requests = []

    async def create(self, resource, request, namespace):
        self.requests.append((resource, namespace, request))
        end = time.time() + request["spec"]["expirationSeconds"]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        return {"status": {"token": f"token-{len(self.requests)}", "expirationTimestamp": stamp}}


def test_a_token_is_asked_for_once_for_its_account_and_pod():
    mint = Mint()
    held = Tokens(mint, POD)

    first = [asyncio.run(held.get({"path": "token", "expirationSeconds": 3600})) for _ in range(2)]

    assert first == [b"token-1", b"token-1"]
    ((resource, namespace, request),) = mint.requests
    assert (resource, namespace, request["metadata"]["name"]) == ("serviceaccounts/token", "shop", "till")
    assert request["spec"]["boundObjectRef"]["uid"] == "u"


def test_a_token_is_renewed_after_four_fifths_of_its_life(monkeypatch):
    held = Tokens(Mint(), POD)
    asyncio.run(held.get({"expirationSeconds": 1000}))
    assert 798 <= held.seconds_to_renewal() <= 800
    begin = time.time()

    monkeypatch.setattr(tokens.time, "time", lambda: begin + 790)
    assert asyncio.run(held.get({"expirationSeconds": 1000})) == b"token-1"
    monkeypatch.setattr(tokens.time, "time", lambda: begin + 801)
    assert asyncio.run(held.get({"expirationSeconds": 1000})) == b"token-2"

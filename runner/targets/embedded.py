"""The embedded cluster: a Kubernetes of this machine's own processes, started when none is up."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio
from pydantic import BaseModel, ConfigDict, Field

from runner.core.errors import Gone, InvalidInput, Mistake, Unreachable
from runner.targets.api.capabilities import ALL
from runner.targets.kubernetes import KubernetesCluster, open_context

SHARED = "default"
"""Name of the cluster that `e2e-run cluster up` starts: it is used when it runs, and never stopped by a run."""

starts_its_own = True

# It answers within a second; a machine that is busy with everything else may take longer.
_START_LIMIT = 60.0
_STOP_LIMIT = 30.0
# One package of the extra that nothing else needs.
_PART_OF_EXTRA = "dnslib"


class Options(BaseModel):
    """What an inventory says about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: list[str] = Field(
        default_factory=list,
        description="Folders of image recipes, relative to the inventory; default: demo/*/images near the playbook.",
    )
    cluster: str | None = Field(
        default=None,
        description="Name of a cluster that `cluster up --name` started; default: the shared one, if it runs.",
    )
    namespace: str = Field(default="default", description="Where steps look unless they say otherwise.")


def supported() -> None:
    """Whether it can run with this Python.

    Raises:
        InvalidInput: it cannot; the sentence says what to do.

    """
    if sys.version_info >= (3, 13):
        here = ".".join(map(str, sys.version_info[:2]))
        what = f"the embedded cluster needs Python 3.11 or 3.12 (its Redis has no newer wheels), this is {here}"
        raise InvalidInput([Mistake(None, what)])
    if find_spec(_PART_OF_EXTRA) is None:
        what = "the embedded cluster is not installed; run: pip install 'e2e-run[embedded]'"
        raise InvalidInput([Mistake(None, what)])


def image_folders(playbook: str = ".") -> list[Path]:
    """Folders of image recipes of the demos: here, in a folder above the playbook's, and beside the package."""
    places = [Path.cwd(), *Path(playbook).resolve().parents, Path(__file__).resolve().parents[2]]
    found = [folder for place in places for folder in sorted(place.glob("demo/*/images"))]
    return list(dict.fromkeys(found))


async def connect(
    options: Options, *, run: str, keep: bool, folder: str = ".", playbook: str = ".", start: bool = True
) -> EmbeddedCluster:
    """Use the cluster of this run, the shared one, or start one named after the run and stop it at the end.

    With `keep` it is the shared one that is started: the next runs use it, until `cluster down`.
    """
    supported()
    names = [options.cluster] if options.cluster else [_name(run), SHARED]
    running = {told["name"]: told for told in await _clusters() if told["state"] == "running"}
    for name in names:
        if name in running:
            mine = name == _name(run) and name != options.cluster
            return await _open(running[name], options, stop=mine and not keep)
    if options.cluster:
        raise Unreachable(
            f"no embedded cluster {options.cluster} runs; start it: e2e-run cluster up --name {options.cluster}"
        )
    if not start:
        raise Gone(f"the embedded cluster of {run} has ended, and with it everything that was broken in it")
    images = [Path(folder) / image for image in options.images] or image_folders(playbook)
    return await _start(SHARED if keep else _name(run), options, images, keep=keep)


async def _start(name: str, options: Options, images: Sequence[Path], *, keep: bool) -> EmbeddedCluster:
    words = ["up", name, *(word for image in images for word in ("--images", str(image)))]
    # A runner that is killed leaves it for `recover`; the next start reaps it, since its owner is dead.
    words += [] if keep else ["--owner-pid", str(os.getpid())]
    try:
        await _localcluster(words, _START_LIMIT)
        return await _open(await _started(name), options, stop=not keep)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await stop(name)
        raise


async def _open(told: dict[str, Any], options: Options, *, stop: bool) -> EmbeddedCluster:
    cluster = await open_context(
        told["kubeconfig"],
        None,
        namespace=options.namespace,
        ingress=_url(told["ingress"]),
        capabilities=ALL - frozenset(told["lacks"]),
    )
    return EmbeddedCluster(cluster, told["name"], stops=stop)


async def _started(name: str) -> dict[str, Any]:
    for told in await _clusters():
        if told["name"] == name:
            return told
    raise Unreachable(f"the embedded cluster {name} is not there after its start")


async def stop(name: str) -> None:
    """End a cluster and all that runs in it; nothing happens when it is not there."""
    await _localcluster(["down", name], _STOP_LIMIT)


async def _clusters() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(await _localcluster(["status", "--json"], _STOP_LIMIT))
    return told


def program(words: Sequence[str]) -> list[str]:
    """Its own program, with what it is to do."""
    return [sys.executable, "-m", "localcluster", *words]


def environment() -> dict[str, str]:
    """Ours, and a word that keeps a `redis.py` in the current folder from being taken for the package."""
    return {**os.environ, "PYTHONSAFEPATH": "1"}


async def _localcluster(words: list[str], limit: float) -> str:
    """Run its program. Raises Unreachable with its own sentence."""
    try:
        with anyio.fail_after(limit):
            done = await anyio.run_process(program(words), check=False, env=environment())
    except TimeoutError as error:
        raise Unreachable(f"the embedded cluster: `{words[0]}` took longer than {limit:g} s") from error
    if done.returncode == 0:
        return done.stdout.decode(errors="replace")
    lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"code {done.returncode}"]
    said = lines[-1].removeprefix("localcluster: ")
    raise Unreachable(f"the embedded cluster cannot do `{words[0]}`: {said}")


def _name(run: str) -> str:
    """A cluster's name for a run: small letters, digits, dashes, at most 40; the end of the id is what differs."""
    slug = re.sub(r"[^a-z0-9]+", "-", run.lower()).strip("-")
    return slug if len(slug) <= 40 else f"{slug[:18].strip('-')}-{slug[-21:].strip('-')}"


def _url(address: str) -> str:
    return address if "://" in address else f"http://{address}"


class EmbeddedCluster(KubernetesCluster):
    """A Kubernetes cluster that may end with the run."""

    def __init__(self, opened: KubernetesCluster, name: str, *, stops: bool) -> None:
        self.__dict__.update(opened.__dict__)
        self.name = name
        self._stops = stops

    async def close(self) -> None:
        """Close the connections, and end the cluster if it was started for this run."""
        await super().close()
        if self._stops:
            await stop(self.name)

"""Apply manifests, as `kubectl apply` does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar, Self

import anyio
from pydantic import Field, model_validator

from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.errors import InvalidInput, Mistake, Where
from runner.core.labels import LABEL, run_label
from runner.core.manifests import in_order, problems
from runner.core.observation import Observation
from runner.core.step import Action, StepFailed
from runner.core.step import Result as StepResult
from runner.core.target import Obj
from runner.core.together import together
from runner.core.workloads import KINDS, why_not_complete

_ENDINGS = (".yaml", ".yml", ".json")


class Result(StepResult):
    """How many objects there were, and what became of each."""

    created: int
    configured: int
    unchanged: int
    objects: list[str]
    """`created Deployment/web`, in the order in which they were applied."""


class Deploy(Action):
    """Apply a manifest file, or all `.yaml`, `.yml` and `.json` files below a folder, namespaces first, workloads last.

    Manifests are taken as they are: no templates, no kustomize. It is not undone, unless `undo` says so.

    Example:
        - name: the shop is deployed
          deploy: {path: ../../demo/jewelry-shop/k8s}
          timeout: 120s

    """

    Result: ClassVar[type[StepResult]] = Result

    path: str | None = Field(default=None, description="File or folder, relative to the playbook.")
    manifests: list[dict[str, Any]] = Field(default_factory=list, description="Objects, written here instead.")
    namespace: str | None = Field(default=None, description="For objects that name none; default: the target's.")
    wait: bool = Field(default=False, description="Wait until the applied workloads are complete.")
    ready_within: Duration = Field(
        default=50.0, gt=0, description="Limit of that wait; a longer one needs a longer `timeout` of the step too."
    )
    undo: bool = Field(default=False, description="Delete at the end of the play what this step creates.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.path is None) == (not self.manifests):
            raise ValueError("give either path or manifests")
        wrong = problems(self.manifests)
        if wrong:
            raise ValueError(wrong[0])
        return self

    def check_static(self, folder: str) -> list[str]:
        """What is wrong with the files: missing path, YAML errors, documents that are no objects. Touches no system."""
        try:
            _ = self.manifests or self._read(folder)
        except InvalidInput as error:
            return [f"path: {mistake}" for mistake in error.mistakes]
        return []

    async def act(self, ctx: StepContext) -> Observation:
        """Apply one after the other, then wait if asked."""
        objects = in_order(self.manifests or self._read(ctx.folder))
        done = [(await self._apply(ctx, one), one) for one in objects]
        if self.wait:
            await self._wait(ctx, objects)
        counts = Counter(what for what, _ in done)
        shown = {word: counts[word] for word in ("created", "configured", "unchanged")}
        names = [f"{what} {one['kind']}/{one['metadata']['name']}" for what, one in done]
        return Observation(", ".join(f"{n} {word}" for word, n in shown.items()), {**shown, "objects": names})

    async def _apply(self, ctx: StepContext, manifest: Obj) -> str:
        metadata = dict(manifest["metadata"])
        if self.namespace:
            metadata.setdefault("namespace", self.namespace)
        kind, name, namespace = _kind(manifest), metadata["name"], metadata.get("namespace")
        owed = self.undo and not await ctx.cluster.get(kind, name, namespace)
        if owed:
            ctx.undo(_deletion(manifest, metadata, ctx))
        done = await ctx.cluster.apply({**manifest, "metadata": metadata})
        if owed:
            # Not in the manifest: a later apply of the same file would take it away, and nobody would know it as ours.
            await ctx.cluster.patch(kind, name, {"metadata": {"labels": {LABEL: run_label(ctx.run)}}}, namespace)
        return done

    async def _wait(self, ctx: StepContext, objects: list[Obj]) -> None:
        workloads = [one for one in objects if one["kind"] in KINDS]
        short: list[str] = []
        with anyio.move_on_after(self.ready_within):
            while True:
                short = [why for why in await together(self._short(ctx, one) for one in workloads) if why]
                if not short:
                    return
                await anyio.sleep(0.2)
        raise StepFailed(f"not complete after {self.ready_within:g} s: {'; '.join(short)}")

    async def _short(self, ctx: StepContext, manifest: Obj) -> str:
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace") or self.namespace
        there = await ctx.cluster.get(_kind(manifest), metadata["name"], namespace)
        name = f"{manifest['kind'].lower()}/{metadata['name']}"
        if there is None:
            return f"{name}: not there any more"
        why = why_not_complete({**there, "kind": manifest["kind"]})
        return f"{name}: {why}" if why else ""

    def _read(self, folder: str) -> list[Obj]:
        """All objects of the files.

        Raises:
            InvalidInput: all that is wrong with them.

        """
        root = Path(folder) / str(self.path)
        files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.suffix in _ENDINGS)
        if not files:
            what = "no .yaml, .yml or .json file in it" if root.is_dir() else "no such file or folder"
            raise InvalidInput([Mistake(None, f"{root}: {what}")])
        objects: list[Obj] = []
        mistakes: list[Mistake] = []
        for file in files:
            found, wrong = _objects(file)
            objects += found
            mistakes += wrong
        if mistakes:
            raise InvalidInput(mistakes)
        return objects


def _objects(file: Path) -> tuple[list[Obj], list[Mistake]]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Dates stay text, as the API wants them."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith(":timestamp")]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        loaded = yaml.load_all(file.read_text(encoding="utf-8"), Loader)
        documents = [one for one in loaded if one is not None]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [], [Mistake(Where(str(file), line), f"no YAML: {error.problem}")]
    except (OSError, UnicodeDecodeError) as error:
        return [], [Mistake(Where(str(file), 1), f"cannot be read: {error}")]
    objects = [item for one in documents for item in _items(one)]
    return objects, [Mistake(Where(str(file), 1), wrong) for wrong in problems(objects)]


def _items(document: Any) -> list[Any]:
    is_list = isinstance(document, dict) and document.get("kind") == "List"
    return list(document.get("items") or []) if is_list else [document]


def _kind(manifest: Obj) -> str:
    return f"{manifest['apiVersion']}/{manifest['kind']}"


def _deletion(manifest: Obj, metadata: Obj, ctx: StepContext) -> Any:
    from runner.steps import find

    way_back = find("delete-object")
    assert way_back
    namespace = metadata.get("namespace")
    return way_back.model_validate(
        {"kind": _kind(manifest), "name": metadata["name"], "namespace": namespace, "run": run_label(ctx.run)}
    )

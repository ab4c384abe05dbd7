"""Create what runs in every cluster: the objects of `localcluster/system`, unless they are there."""

from pathlib import Path

import yaml

from localcluster.client import ApiError, Client, Obj
from localcluster.controllers.kinds import resource_of

_FOLDER = Path(__file__).parent.parent / "system"


async def install(client: Client) -> None:
    """Create object after object, file by file; raises ApiError when the server refuses one."""
    for page in sorted(_FOLDER.glob("*.yaml")):
        for obj in yaml.load_all(page.read_text(), Loader=_LOADER):
            await _create(client, obj)


async def _create(client: Client, obj: Obj) -> None:
    resource = resource_of(obj["apiVersion"], obj["kind"])
    assert resource is not None, f"{obj['kind']} in localcluster/system is of no kind this cluster serves"
    try:
        await client.create(resource, obj)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


# the C parser is ten times faster, but not in every build of PyYAML
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

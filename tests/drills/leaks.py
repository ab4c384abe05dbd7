"""Whether a secret of the shop is anywhere in what a run wrote."""

import base64
from urllib.parse import quote

import yaml

from drilling import ROOT

SECRETS = yaml.safe_load((ROOT / "demo/jewelry-shop/k8s/11-secrets.yaml").read_text())["stringData"]


def forms():
    """Each value as it may appear: plain, base64 at each of the three offsets, URL-encoded."""
    for name, value in SECRETS.items():
        raw = value.encode()
        yield name, raw
        yield name, quote(value, safe="").encode()
        yield name, base64.b64encode(raw)
        for offset in (1, 2):
            # what surrounds it is not known: only the middle of its base64 is the same in each text
            yield name, base64.b64encode(b"x" * offset + raw)[4:-4]


def leaks(folder, *texts):
    """Where a secret is: a sentence for each file below the folder, and each text, that shows one."""
    found = [f"{path}: {name}" for path in folder.rglob("*") if path.is_file() for name in shown(path.read_bytes())]
    return found + [f"on the console: {name}" for text in texts for name in shown(text.encode())]


def shown(data):
    """The names of the secrets that are in it."""
    return sorted({name for name, form in forms() if form in data})
